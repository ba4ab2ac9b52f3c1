/** `touchEnds` as Piscina can do it without a copy: the array is handed over, and back. */
import { move } from "piscina"
import { touchEnds } from "./work.mjs"

export const touchMoved = (/** @type {Float64Array} */ array) => move(touchEnds(array))
