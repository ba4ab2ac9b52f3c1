/** Inputs that are left before their end: who waits until they are closed, and who hears what that fails with. */
import { PassThrough } from "node:stream"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import { Pipeline, Pool } from "holdfast"
import { describe, expect, it } from "vitest"
import { square } from "../fixtures/plain.ts"
import { notFive } from "../fixtures/staged.ts"
import { eventually, failureOf, type openIn, places, sharedIn } from "./places.ts"
import { hearWarnings } from "./warnings.ts"

const { saying, told, warned } = hearWarnings()

type Opened = Awaited<ReturnType<typeof openIn>>
type Numbers = Iterable<number> | AsyncIterable<number>

const broken = new Error("the inputs' own")

/** Endless numbers; what is done at their close. */
function* numbers(close: () => void): Generator<number> {
  try {
    for (let n = 0; ; n++) yield n
  } finally {
    close()
  }
}
async function* numbersLater(close: () => unknown): AsyncGenerator<number> {
  try {
    for (let n = 0; ; n++) yield n
  } finally {
    await close()
  }
}
const fails = (): never => {
  throw broken
}

/** Opened by whoever calls `open`. */
const gate = () => {
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open: () => open(), opened }
}

/** Answers twice, and then when it is let go on. */
const waiting = () => {
  const { open, opened } = gate()
  const facts = { asked: false, closed: false, open }
  async function* inputs(): AsyncGenerator<number> {
    try {
      yield 1
      yield 2
      facts.asked = true
      await opened
    } finally {
      facts.closed = true
      fails()
    }
  }
  return { facts, inputs: inputs() }
}

const ways: ReadonlyArray<[string, (pool: Opened, inputs: Numbers) => AsyncIterable<unknown>, RegExp]> = [
  ["stream", (pool, inputs) => pool.stream(square, inputs), /inputs of pool\.stream\(square\)/],
  ["outcomes", (pool, inputs) => pool.outcomes(square, inputs), /inputs of pool\.outcomes\(square\)/],
  ["via", (pool, inputs) => pool.via(square)(inputs), /inputs of pool\.via\(square\)/],
  [
    "a stream of a stream",
    (pool, inputs) => pool.stream(square, pool.via(square)(inputs)),
    /inputs of pool\.via\(square\)/
  ],
  [
    "a pipeline",
    (pool, inputs) => Pipeline.make("left").stage("a", square).stage("b", square).stream(inputs, { pool }),
    /inputs of pipeline "left"/
  ],
  [
    "a stream of a pipeline",
    (pool, inputs) => pool.stream(square, Pipeline.make("within").stage("a", square).stream(inputs, { pool })),
    /inputs of pipeline "within"/
  ]
]

describe.each(places)("inputs that are left early, $isolation", (place) => {
  const pool = sharedIn(place, { killGrace: 50 })

  describe.each(ways)("by a reader of %s", (_, read, name) => {
    it("are closed before he goes on", async () => {
      const { open, opened } = gate()
      let closing = false
      let left = false
      const inputs = numbersLater(() => {
        closing = true
        return opened
      })
      const reading = (async () => {
        for await (const _ of read(pool(), inputs)) break
        left = true
      })()
      await eventually(() => expect(closing).toBe(true))
      await told()
      expect(left).toBe(false)
      open()
      await reading
    })

    it.each([
      ["at once", numbers],
      ["later", numbersLater]
    ])("and fail to close, %s, fail his loop with that error alone", async (_, inputs) => {
      const reading = async (): Promise<void> => {
        for await (const _ of read(pool(), inputs(fails))) break
      }
      expect(await failureOf(reading())).toBe(broken)
      await told()
      expect(saying(/the inputs' own/)).toEqual([])
    })

    it("and fail to close do not outdo what he throws", async () => {
      const own = new Error("the reader's")
      const reading = async (): Promise<void> => {
        for await (const _ of read(pool(), numbersLater(fails))) throw own
      }
      expect(await failureOf(reading())).toBe(own)
    })

    it("while they are being waited for hold nobody up, and what they fail with later is warned of", async () => {
      const { facts, inputs } = waiting()
      for await (const _ of read(pool(), inputs)) {
        await eventually(() => expect(facts.asked).toBe(true))
        break
      }
      expect(facts.closed).toBe(false)
      facts.open()
      await warned(/the inputs' own/)
      expect(saying(name)).toHaveLength(1)
    })

    it("having failed ahead of him are warned of", async () => {
      let closed = false
      async function* few(): AsyncGenerator<number> {
        yield 1
        yield 2
        closed = true
        throw broken
      }
      for await (const _ of read(pool(), few())) {
        await eventually(() => expect(closed).toBe(true))
        await told()
        break
      }
      await warned(/the inputs' own/)
    })
  })

  const drained = async (values: AsyncIterable<unknown>): Promise<void> => {
    for await (const _ of values);
  }
  const fives = { cause: { message: "5 is not allowed" } }
  const enough = { _tag: "JobCancelled", cause: "enough" }

  it.each([
    ["at once", numbers],
    ["later", numbersLater]
  ])("by a call that fails leave it its failure, and are warned of where they fail to close, %s", async (_, inputs) => {
    const stopping = () => {
      const controller = new AbortController()
      return { signal: controller.signal, onProgress: () => controller.abort("enough") }
    }
    const calls: ReadonlyArray<[RegExp, object, () => Promise<unknown>]> = [
      [/pool\.map\(notFive\)/, fives, () => pool().map(notFive, inputs(fails))],
      [/pool\.stream\(notFive\)/, fives, () => drained(pool().stream(notFive, inputs(fails)))],
      [/pool\.map\(square\)/, enough, () => pool().map(square, inputs(fails), stopping())],
      [/pool\.settle\(square\)/, enough, () => pool().settle(square, inputs(fails), stopping())],
      [/pool\.stream\(square\)/, enough, () => drained(pool().stream(square, inputs(fails), stopping()))]
    ]
    for (const [name, failure, call] of calls) {
      expect(await failureOf(call()), String(name)).toMatchObject(failure)
      await warned(name)
    }
    expect(saying(/the inputs' own/)).toHaveLength(calls.length)
  })

  it("are warned of where they are a value that a pipeline takes apart, and fail to close", async () => {
    const pipeline = Pipeline.make<Iterable<number>>("apart").unbatch("parts").stage("square", square)
    for await (const _ of pipeline.stream([numbers(fails)], { pool: pool() })) break
    await warned(/inputs of stage "parts".*the inputs' own/s)
  })

  it("by an abort that they hear, too, and fail with, are warned of nowhere", async () => {
    for (const reason of [undefined, new Error("enough")]) {
      const controller = new AbortController()
      const { signal } = controller
      let ended = false
      async function* inputs(): AsyncGenerator<number> {
        try {
          yield 1
          await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)))
        } finally {
          ended = true
        }
      }
      const called = pool().map(square, inputs(), { signal })
      await pool().run(square, 1)
      controller.abort(reason)
      expect(await failureOf(called)).toMatchObject({ _tag: "JobCancelled", cause: signal.reason })
      await eventually(() => expect(ended).toBe(true))
    }
    await told()
    expect(saying(/inputs of/)).toEqual([])
  })

  it("are no failure where they are a readable that waits, and is destroyed", async () => {
    const inputs = new PassThrough({ objectMode: true })
    inputs.write(1)
    for await (const _ of pool().stream(square, inputs)) break
    expect(inputs.destroyed).toBe(true)
    await eventually(() => expect(inputs.closed).toBe(true))
    await told()
    expect(saying(/inputs of/)).toEqual([])
  })

  it("by a call that its own inputs abort are closed once their step is over", async () => {
    const controller = new AbortController()
    const facts = { read: 0, closed: 0 }
    function* inputs(): Generator<number> {
      try {
        for (;;) {
          if (++facts.read === 3) controller.abort("enough")
          yield facts.read
        }
      } finally {
        facts.closed++
      }
    }
    const called = pool().map(square, inputs(), { signal: controller.signal, chunkSize: 10 })
    expect(await failureOf(called)).toMatchObject({ _tag: "JobCancelled", cause: "enough" })
    await told()
    expect(facts).toEqual({ read: 3, closed: 1 })
    expect(saying(/inputs of/)).toEqual([])
  })

  it("on the Effect door are closed before the stream's end, a Stream that waits among them", async () => {
    const { open, opened } = gate()
    const closing: Array<string> = []
    let ended = 0
    const waits = Stream.concat(Stream.make(0, 1), Stream.never).pipe(
      Stream.ensuring(
        Effect.promise(() => {
          closing.push("stream")
          return opened
        })
      )
    )
    const generated = numbersLater(() => {
      closing.push("generator")
      return opened
    })
    const program = Effect.gen(function* () {
      const made = yield* Pool.make({ workers: 1, isolation: place.isolation, logger: false })
      const read = (inputs: typeof waits) =>
        made.stream(square, inputs).pipe(
          Stream.take(2),
          Stream.runDrain,
          Effect.tap(() => Effect.sync(() => ended++))
        )
      yield* Effect.all([read(waits), read(generated as never)], { concurrency: 2 })
    }).pipe(Effect.scoped)
    const running = Effect.runPromise(program)
    await eventually(() => expect(closing.toSorted()).toEqual(["generator", "stream"]))
    await told()
    expect(ended).toBe(0)
    open()
    await running
  })

  it("on the Effect door and that fail to close are a defect, the error itself", async () => {
    const program = Effect.gen(function* () {
      const made = yield* Pool.make({ workers: 1, isolation: place.isolation, logger: false })
      const dying = Stream.fromEffectRepeat(Effect.succeed(1)).pipe(Stream.ensuring(Effect.die(broken)))
      const exits: Array<Exit.Exit<unknown, unknown>> = []
      for (const inputs of [numbers(fails), numbersLater(fails), dying])
        exits.push(
          yield* Effect.exit(made.stream(square, inputs as typeof dying).pipe(Stream.take(2), Stream.runDrain))
        )
      return exits
    }).pipe(Effect.scoped)
    for (const exit of await Effect.runPromise(program))
      expect(Exit.isFailure(exit) && exit.cause.reasons.find(Cause.isDieReason)?.defect).toBe(broken)
    await told()
    expect(saying(/the inputs' own/)).toEqual([])
  })
})
