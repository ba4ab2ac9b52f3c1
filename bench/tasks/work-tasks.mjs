/** `work.mjs` as tasks of Holdfast. */
import { Task } from "holdfast"
import { squareOf } from "./plain.mjs"
import * as work from "./work.mjs"

export const turn = Task.fn(import.meta, "turn", work.turn)
export const settle = Task.fn(import.meta, "settle", work.settle)
export const countFactors = Task.fn(import.meta, "countFactors", work.countFactors)
export const countInRange = Task.fn(import.meta, "countInRange", work.countInRange)
export const touchEnds = Task.fn(import.meta, "touchEnds", work.touchEnds)
export const touchShared = Task.fn(import.meta, "touchShared", work.touchShared)
export const square = Task.fn(import.meta, "square", squareOf)
export const pidOf = Task.fn(import.meta, "pidOf", work.pidOf)
export const wait = Task.fn(import.meta, "wait", work.wait)
/** Waits 300 ms for input 0, and squares the others at once. */
export const squareSlowFirst = Task.fn(import.meta, "squareSlowFirst", (/** @type {number} */ n) =>
  n === 0 ? work.wait(300).then(() => 0) : n * n
)
