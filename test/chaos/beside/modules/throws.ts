/** A task whose module throws as it is loaded. */
import { Task } from "@holdfast/core"
import { doing, loads } from "../doing.ts"

await loads("throws")

export const throws = Task.fn(import.meta, "throws", doing)
