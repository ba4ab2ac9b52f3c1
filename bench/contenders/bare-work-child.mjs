/** A child of `bare-work.ts`: does what it is told by the message's name, and sends the result back. */
import * as work from "../tasks/work.mjs"

process.on("message", (/** @type {{ job: string, inputs: unknown[] }} */ { job, inputs }) => {
  process.send?.(inputs.map((input) => Reflect.get(work, job)(input)))
})
