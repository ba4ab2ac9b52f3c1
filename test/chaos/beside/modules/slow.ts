/** A task whose module takes a while to load. */
import { Task } from "@holdfast/core"
import { doing, loads } from "../doing.ts"

await loads("slow")

export const slow = Task.fn(import.meta, "slow", doing)
