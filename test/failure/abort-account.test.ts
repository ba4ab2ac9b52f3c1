/** What Node prints of an abort is no word of the task's, however long it is; what the task has printed before is. */
import { expect, it } from "vitest"
import { abortsAfterLines } from "../fixtures/faulty.ts"
import { failureOf, openIn, places } from "../pool/places.ts"

const processes = places.find(({ isolation }) => isolation === "process") ?? expect.unreachable()

it.each([0, 1, 5, 40])("a job that aborts after %i lines has the last of them as its last words", async (count) => {
  await using pool = await openIn(processes, { workers: 1 })
  const error = (await failureOf(pool.run(abortsAfterLines, count))) as Error
  expect(error.message).toContain("died of SIGABRT")
  const last = Array.from({ length: count }, (_, at) => `"line ${at}"`).slice(-3)
  const words = / printed last: (.*)$/m.exec(error.message)?.[1] ?? ""
  expect(words).toBe(last.join(", "))
})
