/** What Node prints of an abort is no word of the task's, however long it is. */
import { expect, it } from "vitest"
import { abortsAtLength } from "../fixtures/faulty.ts"
import { failureOf, openIn, places } from "../pool/places.ts"

const processes = places.find(({ isolation }) => isolation === "process") ?? expect.unreachable()

it("a job that aborts has no frame among its last words, also where the account's head is not kept", async () => {
  await using pool = await openIn(processes, { workers: 1 })
  const error = (await failureOf(pool.run(abortsAtLength, undefined))) as Error
  expect(error.message).toContain("died of SIGABRT")
  expect(error.message).not.toContain("printed last")
})
