import { explain, isJobError, jobOf, Task } from "holdfast"
import { describe, expect, it } from "vitest"
import type * as bare from "../fixtures/bare.ts"
import { dies, Invoice, lies, parse, Unreadable } from "../fixtures/effects.ts"
import { area, power, square } from "../fixtures/plain.ts"
import {
  decodesLater,
  doubles,
  encodesLater,
  failsOtherwise,
  failsUnreadably,
  failsUnreadablyElsewhere,
  failsWithText,
  failsWithTypeError,
  failsWordlessly,
  Gone,
  gone,
  goneForGood,
  interruptsItself,
  Odd,
  Point,
  sumOfFields,
  tellsItsJob,
  Wordless
} from "../fixtures/typed.ts"
import { failureOf, linesOf, places, scratchFile, sharedIn, upTo } from "./places.ts"

const work = Task.module<typeof bare>(new URL("../fixtures/bare.ts", import.meta.url))

describe.each(places)("tasks, $isolation", (place) => {
  const pair = sharedIn(place)

  it("of an object take the fields that with has not bound", async () => {
    const wide = area.with({ width: 7 })
    expect(await pair().map(wide, [{ height: 1 }, { height: 2 }])).toEqual([7, 14])
    expect(await pair().run(wide.with({ height: 3 }), {})).toBe(21)
    expect(await pair().run(area, { width: 2, height: 2 })).toBe(4)
    // What is bound can't be overridden by an input.
    expect(await pair().run(wide, { height: 2, width: 100 } as { height: number })).toBe(14)
  })

  it("of several parameters take those that with has not bound, from the left", async () => {
    const powerOfTwo = power.with(2)
    expect(await pair().map(powerOfTwo, [[3], [4]])).toEqual([8, 16])
    expect(await pair().run(powerOfTwo.with(5), [])).toBe(32)
  })

  it("of several parameters take nothing else for an array of them, a text least of all", async () => {
    const told = (what: string) => ({
      _tag: "TaskThrew",
      cause: new TypeError(`the input of Task.spread("power") is the array of its parameters: received a ${what}`)
    })
    expect(await failureOf(pair().run(power, 3 as never))).toMatchObject(told("number"))
    expect(await failureOf(pair().run(power, "23" as never))).toMatchObject(told("string"))
    expect(await failureOf(pair().run(power.with(2), "3" as never))).toMatchObject(told("string"))
  })

  it("bound to what can't be sent fail before anything is sent, naming it", async () => {
    const bound = area.with({ width: (() => 1) as unknown as number })
    const refused = { _tag: "NotSerializable", side: "input", path: "bound.width" }
    expect(await failureOf(pair().run(bound, { height: 1 }))).toMatchObject(refused)
    expect(await failureOf(pair().run(bound, { height: 1 }))).toMatchObject(refused)
    expect(await failureOf(pair().map(bound, [{ height: 1 }]))).toMatchObject(refused)
    expect(await pair().run(area, { width: 2, height: 2 })).toBe(4)
  })

  it("of a module that knows nothing of Holdfast are its exported functions", async () => {
    expect(await pair().map(work.double, [1, 2, 3])).toEqual([2, 4, 6])
    expect(await pair().run(work.now, undefined)).toBe(1)
    expect(work.double.name).toBe("double")
    expect(await work).toBe(work)
    const text = (work as unknown as { text: typeof work.double }).text
    expect(await failureOf(pair().run(text, 1))).toMatchObject({
      _tag: "TaskNotLoaded",
      message: expect.stringMatching(/"text"[\s\S]*a string, where a function is needed/)
    })
  })

  it("with schemas take and give instances of classes", async () => {
    const doubled = await pair().run(doubles, new Point({ x: 3, y: 4 }))
    expect(doubled).toBeInstanceOf(Point)
    expect(doubled.length).toBe(10)
    const invoice = await pair().run(parse, "a.pdf")
    expect(invoice).toBeInstanceOf(Invoice)
    expect(invoice.at).toEqual(new Date(0))
    const many = await pair().map(
      doubles,
      upTo(20).map((n) => new Point({ x: n, y: 1 }))
    )
    expect(many.map(({ x }) => x)).toEqual(upTo(20).map((n) => n * 2))
    expect(many.every((point) => point instanceof Point)).toBe(true)
  })

  it("with a schema and bound fields are checked as a whole", async () => {
    const since = sumOfFields.with({ a: 1 })
    expect(await pair().run(since, { b: 2, since: new Date(10) })).toBe(13)
    expect(await failureOf(pair().run(since, { b: "2" as never, since: new Date(10) }))).toMatchObject({
      _tag: "InvalidInput"
    })
  })

  it("fail with their own typed errors, unwrapped, as instances of their class", async () => {
    const failure = await failureOf(pair().run(gone, 7))
    expect(failure).toBeInstanceOf(Gone)
    expect(failure).toMatchObject({ _tag: "Gone", id: 7, at: new Date(0) })
    expect(isJobError(failure)).toBe(false)
    expect(jobOf(failure)).toMatchObject({ task: "gone", inputPreview: "7", attempts: [{ failure: "Gone" }] })
    const [, bad] = await pair().settle(parse, ["good.pdf", "bad.pdf"])
    expect(bad).toMatchObject({ _tag: "Failed", error: { path: "bad.pdf" } })
    expect(bad?._tag === "Failed" ? bad.error : undefined).toBeInstanceOf(Unreadable)
  })

  it("fail with typed errors that have no schema as well: native ones and primitives as themselves", async () => {
    const failure = await failureOf(pair().run(failsWithTypeError, "mine"))
    expect(failure).toBeInstanceOf(TypeError)
    expect(failure).toMatchObject({ message: "mine" })
    expect(await failureOf(pair().run(failsWithText, "as text"))).toBe("as text")
    expect(jobOf("as text")).toBeUndefined()
  })

  it("fail with a typed error that does not fit its schema all the same", async () => {
    expect(await failureOf(pair().run(failsOtherwise, 3))).toEqual({ _tag: "Refused", code: 3 })
    expect(await failureOf(pair().run(failsOtherwise, 1.5))).toEqual({ _tag: "Refused", code: 1.5 })
  })

  it("fail with a typed error that its schema writes and can't read again, too", async () => {
    const [odd, even] = await pair().settle(failsUnreadably, [3, 4])
    expect(odd).toMatchObject({ error: { _tag: "Odd", n: 3 }, job: { index: 0 } })
    expect(even).toMatchObject({ error: expect.any(Odd) })
  })

  it("fail with a typed error whose message can't be asked for", async () => {
    const failure = await failureOf(pair().run(failsWordlessly, 3))
    expect(failure).toBeInstanceOf(Wordless)
    expect(jobOf(failure)?.attempts).toMatchObject([{ failure: "Wordless" }])
    expect(explain(failure)).toContain("failsWordlessly")
  })

  it("are told of an error that its schema reads in the worker alone", async () => {
    const failure = await failureOf(pair().run(failsUnreadablyElsewhere, 3))
    expect(failure).toMatchObject({
      _tag: "InvalidOutput",
      message: expect.stringContaining("could not be read by its error schema: currentTask"),
      stack: expect.stringContaining("typed.ts")
    })
    expect(await pair().run(power, [2, 3])).toBe(8)
  })

  it("say that an input which does not fit is not all of it, where with has bound some", async () => {
    for (const task of [sumOfFields.with({ since: new Date(Number.NaN) }), sumOfFields.with({ b: "x" as never })]) {
      const words = "(received { a: 1 }, beside what with has bound)"
      const failures = [task, Task.chain(task as Task.Task<unknown, number>, square)].map((each) =>
        failureOf(pair().run(each as never, { a: 1 }))
      )
      for (const failure of failures) expect(await failure).toMatchObject({ message: expect.stringContaining(words) })
    }
  })

  it("whose bound input throws as it is read refuse that input alone", async () => {
    const throws = {
      get b(): number {
        throw new RangeError("no b")
      }
    }
    const [refused, done] = await pair().settle(sumOfFields.with({ a: 1, since: new Date(0) }), [throws, { b: 2 }])
    expect(refused).toMatchObject({ error: { _tag: "InvalidInput", message: expect.stringContaining("no b") } })
    expect(done).toMatchObject({ value: 3 })
  })

  it("whose schema waits for something are told that it must not", async () => {
    for (const task of [decodesLater, encodesLater]) {
      const failure = await failureOf(pair().run(task, "x"))
      expect(failure).toMatchObject({ _tag: "InvalidInput", message: expect.stringContaining("must say at once") })
    }
  })

  it("that abort a typed error are not tried again, and it is unwrapped", async () => {
    const file = scratchFile()
    const failure = await failureOf(pair().run(goneForGood, file, { retry: { retries: 3, minTimeout: 1 } }))
    expect(failure).toBeInstanceOf(Gone)
    expect(linesOf(file)).toEqual(["tried"])
  })

  it("that die or interrupt themselves have thrown", async () => {
    const died = await failureOf(pair().run(dies, "x"))
    expect(died).toMatchObject({ _tag: "TaskThrew", message: expect.stringContaining("TypeError: a defect") })
    expect((died as Error).cause).toBeInstanceOf(TypeError)
    expect(await failureOf(pair().run(interruptsItself, 1))).toMatchObject({
      _tag: "TaskThrew",
      message: expect.stringContaining("interrupted")
    })
  })

  it("whose input or value does not fit its schema say what was expected", async () => {
    expect(await failureOf(pair().run(parse, 5 as never))).toMatchObject({
      _tag: "InvalidInput",
      message: expect.stringMatching(/task "parse".*input schema: Expected string.*received 5/),
      job: { attempts: [] }
    })
    expect(await failureOf(pair().run(lies, 1))).toMatchObject({
      _tag: "InvalidOutput",
      message: expect.stringMatching(/task "lies"[\s\S]*output schema/)
    })
    const [first, second] = await pair().settle(parse, [5 as never, "a.pdf"])
    expect([first?._tag, second?._tag]).toEqual(["Failed", "Succeeded"])
  })

  it("that are Effects know their job as a service", async () => {
    expect(await pair().map(tellsItsJob, [0, 0], { key: (_, index) => `k${index}` })).toEqual([
      { task: "tellsItsJob", index: 0, key: "k0", attempt: 1 },
      { task: "tellsItsJob", index: 1, key: "k1", attempt: 1 }
    ])
  })

  it("whose key function throws are called by their index", async () => {
    const key = (): string => {
      throw new Error("of the callback")
    }
    expect(await pair().map(tellsItsJob, [0], { key })).toMatchObject([{ key: "0" }])
  })
})
