/**
 * The same work as a task of Holdfast. JavaScript, as it would be published: stripping the types of a task module is
 * not what is measured (`square-typed.ts` is there for that).
 */
import { Task } from "holdfast"
import { squareOf } from "./plain.mjs"

export const square = Task.fn(import.meta, "square", squareOf)
