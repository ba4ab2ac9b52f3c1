/** A task whose module blocks its worker for ever as it is loaded. */
import { Task } from "@holdfast/core"
import { doing, loads } from "../doing.ts"

await loads("spins")

export const spins = Task.fn(import.meta, "spins", doing)
