import { describe, expect, it } from "vitest"
import { saysProgress } from "../fixtures/says-progress.ts"
import { failureOf, places, sharedIn } from "./places.ts"

describe.each(places)("progress of a job, $isolation", (place) => {
  const pair = sharedIn(place)

  it.each([
    [["half"], "progress: expected a number from 0 to 1, received 'half'"],
    [[undefined], "progress: expected a number from 0 to 1, received undefined"],
    [[1n], "progress: expected a number from 0 to 1, received 1n"],
    [[0.5, 3], "progress: expected a string as the message, received 3"],
    [[0.5, null], "progress: expected a string as the message, received null"]
  ])("fails the job that says %o, and nothing else", async (words, message) => {
    expect(await failureOf(pair().run(saysProgress, words))).toMatchObject({
      _tag: "TaskThrew",
      cause: { name: "TypeError", message }
    })
  })

  it.each([[[Number.NaN]], [[-1, ""]], [[50, "of 100"]]])("may be any number: %o", async (words) => {
    expect(await pair().run(saysProgress, words)).toBe("said")
  })
})
