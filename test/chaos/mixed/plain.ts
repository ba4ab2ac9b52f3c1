/** What nested pools run: a file of its own, so that their workers start without loading all of Holdfast. */
import { Task } from "@holdfast/core"

export const plusOne = Task.fn(import.meta, "plusOne", (n: number) => n + 1)
