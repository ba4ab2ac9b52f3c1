/** A task whose module ends its worker as it is loaded. */
import { Task } from "@holdfast/core"
import { doing, loads } from "../doing.ts"

await loads("exits")

export const exits = Task.fn(import.meta, "exits", doing)
