/** The task in TypeScript: what stripping the types of a task module adds to a cold start. */
import { Task } from "holdfast"

export const square = Task.fn(import.meta, "square", (n: number) => n * n)
