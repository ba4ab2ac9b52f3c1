/** A child of `bare-fork.ts`: squares what comes, one number or many, and sends it back. */
import { squareOf } from "../tasks/plain.mjs"

process.on("message", (/** @type {number | number[] | Float64Array} */ message) => {
  process.send?.(typeof message === "number" ? squareOf(message) : message.map((n) => squareOf(n)))
})
