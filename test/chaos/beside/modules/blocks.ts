/** A task whose module blocks its worker for a while as it is loaded. */
import { Task } from "@holdfast/core"
import { doing, loads } from "../doing.ts"

await loads("blocks")

export const blocks = Task.fn(import.meta, "blocks", doing)
