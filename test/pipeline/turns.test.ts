/** Pipelines of plain functions, which run in the program itself and must leave it time for all else. */
import { Pipeline } from "holdfast"
import { expect, it } from "vitest"
import { failureOf } from "../pool/places.ts"

function* endless() {
  for (let n = 0; ; n++) yield n
}
const pipelines = {
  "gives all": () => Pipeline.make("maps").map("same", (n: number) => n),
  "leaves all out": () => Pipeline.make("filters").filter("none", (n: number) => n < 0),
  "takes apart without end": () =>
    Pipeline.make("opens")
      .map("same", (parts: Iterable<number>) => parts)
      .unbatch("parts")
}

it.each([
  { what: "gives all", inputs: endless },
  { what: "leaves all out", inputs: endless },
  { what: "takes apart without end", inputs: () => [endless()] }
] as const)("one that $what hears its signal, though its functions answer at once", async ({ what, inputs }) => {
  const controller = new AbortController()
  const why = new Error("enough")
  setTimeout(() => controller.abort(why), 30)
  const options = { signal: controller.signal, onStop: "cancel", collect: false } as const
  const pipeline = pipelines[what]() as ReturnType<(typeof pipelines)["gives all"]>
  expect(await failureOf(pipeline.run(inputs() as Iterable<number>, options))).toBe(why)
})
