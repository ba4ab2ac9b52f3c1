/** A task whose module is never loaded, and lets others run. */
import { Task } from "@holdfast/core"
import { doing, loads } from "../doing.ts"

await loads("never")

export const never = Task.fn(import.meta, "never", doing)
