/** A task whose module is loaded at once. */
import { Task } from "@holdfast/core"
import { doing, loads } from "../doing.ts"

await loads("plain")

export const plain = Task.fn(import.meta, "plain", doing)
