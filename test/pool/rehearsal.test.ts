/** The job that is played while the first worker starts: all the way there and back, and nothing stays of it. */
import { expect, it } from "vitest"
import { play } from "../../packages/supervisor/src/pool/rehearsal.ts"
import { expectNoLeaks, snapshotLeaks } from "../setup/leaks.ts"

it("comes to its end, so that the first real job finds all that it needs compiled", () => {
  expect(play()).toBe(true)
})

it("leaves nothing that runs, and is over at once", async () => {
  const before = snapshotLeaks()
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length
  const running = timers()
  expect([play(), play()]).toEqual([true, true])
  expect(timers()).toBe(running)
  await expectNoLeaks(before)
})
