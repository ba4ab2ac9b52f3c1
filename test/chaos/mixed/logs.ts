/** What a job has printed is there once it has settled: all of it, in its order, and nobody else's. */
import type { Outcome } from "holdfast"
import type { ActJob } from "./acts.ts"

export const objectionsToLogs = (
  job: ActJob | undefined,
  outcome: Outcome<unknown, unknown> | undefined
): Array<string> => {
  if (job?.does !== "prints" || outcome?._tag !== "Succeeded") return []
  const { id, ms } = job
  const { attempts, logs } = outcome.job
  const lines = logs.filter(({ attempt }) => attempt === attempts.length)
  const said = lines
    .filter(({ message, stream }) => stream === "stdout" && message.startsWith("line"))
    .flatMap(({ message }) => message.split("\n"))
  const expected = Array.from({ length: ms + 1 }, (_, line) => `line ${line} of ${id}`)
  const words = [`logged by ${id}`, `last words of ${id}`]
  const stray = logs.find(({ message }) => !message.includes(id))
  return [
    ...(said.join() === expected.join() ? [] : [`${id} printed ${said.join() || "nothing"}`]),
    ...words
      .filter((word) => !lines.some(({ message }) => message === word))
      .map((word) => `${word} is not in its logs`),
    ...(stray === undefined ? [] : [`${id} has the line ${stray.message}`])
  ]
}
