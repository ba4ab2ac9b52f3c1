/** Tasks fused into one: what goes from part to part, and whose failure it is. */
import { type AnyTask, Task } from "holdfast"
import { describe, expect, it } from "vitest"
import { throwsFor } from "../fixtures/faulty.ts"
import { counts } from "../fixtures/generators.ts"
import {
  callsIt,
  forLabel,
  half,
  labels,
  lengthOf,
  makesAdder,
  notes,
  toPoint,
  waits,
  where
} from "../fixtures/links.ts"
import { slowSquare, square } from "../fixtures/plain.ts"
import { Gone } from "../fixtures/typed.ts"
import { eventually, failureOf, linesOf, openIn, places, scratchFile, sharedIn, upTo } from "./places.ts"

const bare = Task.module<typeof import("../fixtures/links.ts")>(new URL("../fixtures/links.ts", import.meta.url))

describe.each(places)("a chain of tasks, $isolation", (place) => {
  const pair = sharedIn(place)

  it("runs its parts one after another, sync or not, each with the value before it", async () => {
    expect(await pair().map(Task.chain(square, half), [1, 2, 3])).toEqual([0.5, 2, 4.5])
    expect(await pair().run(Task.chain(slowSquare, half, square), { n: 2, ms: 1 })).toBe(4)
    expect(await pair().run(Task.chain(Task.chain(square, half), Task.chain(half, square)), 4)).toBe(16)
    expect(Task.chain(square, half).name).toBe("square > half")
  })

  it("stays in one worker, so that what goes between may be what could not leave it", async () => {
    const [pids] = await pair().map(Task.chain(where, where, where), [[]])
    expect(new Set(pids).size).toBe(1)
    expect(pids).toHaveLength(3)
    expect(await pair().run(Task.chain(makesAdder, callsIt), 4)).toBe(5)
  })

  it("has its first part's input and its last part's value written by their schemas", async () => {
    expect(await pair().run(Task.chain(toPoint, lengthOf), 3)).toBe(5)
    expect(await pair().run(Task.chain(toPoint, lengthOf, half), 3)).toBe(2.5)
    expect(await failureOf(pair().run(Task.chain(toPoint, lengthOf), "three" as never))).toMatchObject({
      _tag: "InvalidInput"
    })
  })

  it("fails with the typed error of whichever part fails, as itself", async () => {
    const error = await failureOf(pair().run(Task.chain(toPoint, lengthOf, half), 13))
    expect(error).toBeInstanceOf(Gone)
    expect(error).toMatchObject({ id: 13, at: new Date(13) })
  })

  it("fails with what a part throws, and runs none after it", async () => {
    const file = scratchFile()
    const failing = Task.chain(notes, throwsFor as unknown as typeof notes, notes)
    expect(await failureOf(pair().run(failing, file))).toMatchObject({
      _tag: "TaskThrew",
      job: { task: "notes > throwsFor > notes" }
    })
    expect(linesOf(file)).toEqual(["noted"])
  })

  it("takes bound fields, of its own input and of its parts'", async () => {
    expect(await pair().run(Task.chain(forLabel, labels.with({ label: "no." }) as never), 7)).toBe("no. 7")
    expect(await pair().run(Task.chain(labels, bare.twice).with({ label: "x" }), { n: 1 })).toBe("x 1x 1")
  })

  it("runs a generator to its end", async () => {
    expect(await pair().run(Task.chain(counts, bare.twice), 2)).toBe("2 counted2 counted")
  })

  it("stops between its parts when it is cancelled", async () => {
    await using pool = await openIn(place, { killGrace: "60 seconds" })
    const file = scratchFile()
    const handle = pool.submit(Task.chain(waits, notes), file)
    await eventually(() => expect(linesOf(file)).toEqual(["waits"]))
    handle.cancel(new Error("enough"))
    expect(await failureOf(handle.result())).toMatchObject({ _tag: "JobCancelled" })
    await eventually(() => expect(linesOf(file)).toEqual(["waits", "aborted"]))
    expect(await pool.map(square, upTo(4))).toEqual([0, 1, 4, 9])
    expect(linesOf(file)).toEqual(["waits", "aborted"])
  })
})

it("a chain of one, or of something else, is refused where it is made", () => {
  const chain = Task.chain as unknown as (...parts: ReadonlyArray<unknown>) => AnyTask
  expect(() => chain(square)).toThrow("expected two tasks or more, received 1")
  expect(() => chain(square, "half")).toThrow("received half at 1")
})
