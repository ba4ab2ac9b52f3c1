/** Makes the pipeline of a flow, with sinks that note what they are given. */
import { Writable } from "node:stream"
import { setTimeout as sleep } from "node:timers/promises"
import { Pipeline } from "holdfast"
import { keeps, partsOf, type Spec } from "./model.ts"
import type { Flow } from "./plan.ts"
import { fateOf, group, grouped, lot, passed, type Setup, type Value, work } from "./work.ts"

/** A dead letter, as it was taken. */
export interface Letter {
  readonly stage: string
  readonly key: string
  readonly error: unknown
  readonly tag: string
}

/** What a sink fails with. */
export class SinkBroke extends Error {}

/** What is added to a pipeline stage by stage, whatever it has come to. */
interface Growing {
  stage(name: string, task: unknown, options: object): Growing
  map(name: string, f: (value: never) => unknown, options: object): Growing
  filter(name: string, keep: (value: never) => unknown, options: object): Growing
  tap(name: string, look: (value: never) => unknown, options: object): Growing
  batch(name: string, size: number): Growing
  unbatch(name: string, options: object): Growing
}

export interface Surroundings {
  readonly flow: Flow
  readonly file: string
  readonly letters: Array<Letter>
  /** The pool that was given. */
  readonly given: unknown
}

interface Given {
  readonly stage: string
  readonly input: unknown
  readonly error: unknown
}

const keyOf = (input: unknown): string =>
  Array.isArray(input) && !("key" in input)
    ? grouped(input as ReadonlyArray<Value>).key
    : String((input as { key?: unknown } | undefined)?.key)

const noteOf = ({ error, input, stage }: Given): Letter => ({
  stage,
  key: keyOf(input),
  error,
  tag: String((error as { _tag?: unknown } | undefined)?._tag)
})

/** What takes the letters of a stage; each sink of its own. */
const sinkOf = (spec: Spec, { flow, letters }: Surroundings): unknown => {
  let taken = 0
  const take = (letter: Given): void => {
    if (taken++ === flow.sinkFailsAt) throw new SinkBroke(`the sink of ${spec.name} broke`)
    letters.push(noteOf(letter))
  }
  const written = (objectMode: boolean): Writable =>
    new Writable({
      objectMode,
      write: (chunk: unknown, _encoding, done) => {
        try {
          take(objectMode ? (chunk as Given) : (JSON.parse(String(chunk)) as Given))
          done()
        } catch (error) {
          done(error as Error)
        }
      }
    })
  switch (spec.sink) {
    case "function":
      return take
    case "slow":
      return async (letter: Given) => {
        await sleep(3)
        take(letter)
      }
    case "array":
      return { push: take }
    case "objects":
      return written(true)
    case "lines":
      return written(false)
    default:
      return undefined
  }
}

/** A function of the program itself: throws where it is to, and takes its time if it is async. */
const own = (spec: Spec, give: (value: Value) => unknown) => {
  const called = (value: Value): unknown => {
    if (fateOf({ stage: spec.name, ...spec, rates: spec.plan.rates }, value) === "throws")
      throw new RangeError(`${spec.name} refuses ${value.key}`)
    return give(value)
  }
  if (!spec.plan.isAsync) return called
  return async (value: Value) => {
    if (lot(`${spec.name} ${value.key} waits`) < 10) await sleep(1)
    return called(value)
  }
}

function* each(parts: ReadonlyArray<Value>, broken: () => Error | undefined) {
  yield* parts
  const error = broken()
  if (error !== undefined) throw error
}

async function* eachSoon(parts: ReadonlyArray<Value>, broken: () => Error | undefined) {
  for (const part of parts) yield await part
  const error = broken()
  if (error !== undefined) throw error
}

/** Something to iterate over, which says whose parts they are. */
const iterableOf = (spec: Spec, value: Value): unknown => {
  const { parts, fails } = partsOf(spec, value)
  const broken = (): Error | undefined => (fails ? new RangeError(`${spec.name} refuses ${value.key}`) : undefined)
  return Object.assign((spec.plan.isAsync ? eachSoon : each)(parts, broken), { key: value.key })
}

const poolOf = (spec: Spec, { flow, given }: Surroundings): object => {
  const options = { isolation: flow.isolation, logger: false, killGrace: 300, workers: 1 }
  switch (spec.plan.on) {
    case "workers":
      return { workers: 2, pool: options }
    case "options":
      return { pool: options }
    case "given":
      return { pool: given }
    default:
      return {}
  }
}

const taskOptions = (spec: Spec, surroundings: Surroundings): object => {
  const { chunkSize, concurrency, lookAhead, ordered, retries } = spec.plan
  return {
    ...poolOf(spec, surroundings),
    chunkSize,
    concurrency,
    ordered,
    retry: { retries, minTimeout: 1, maxTimeout: 20 },
    ...(lookAhead === undefined ? {} : { lookAhead })
  }
}

/** What runs, ready to be given its inputs. */
export const pipelineOf = (
  specs: ReadonlyArray<Spec>,
  surroundings: Surroundings
): Pipeline.Pipeline<Value, Value, unknown> => {
  let growing = Pipeline.make<Value>("flow") as unknown as Growing
  for (const [at, spec] of specs.entries()) {
    const { kind, name } = spec
    const { onFailure } = spec.plan
    const sink = sinkOf(spec, surroundings)
    const failure = {
      ...(onFailure === undefined || spec.policy !== onFailure ? {} : { onFailure }),
      ...(sink === undefined ? {} : { deadLetter: sink })
    }
    const setup: Setup = { stage: name, rates: spec.plan.rates, calmGroups: spec.calmGroups, file: surroundings.file }
    if (kind === "task")
      growing = growing.stage(name, work.with({ setup }), { ...taskOptions(spec, surroundings), ...failure })
    else if (kind === "group") growing = growing.stage(name, group, taskOptions(spec, surroundings))
    else if (kind === "map")
      growing = growing.map(
        name,
        own(spec, (value) => passed(value, name)),
        failure
      )
    else if (kind === "wrap") growing = growing.map(name, grouped, {})
    else if (kind === "parts")
      // Its parts are those of the stage behind it.
      growing = growing.map(name, (value: Value) => iterableOf(specs[at + 1] as Spec, value), {})
    else if (kind === "filter")
      growing = growing.filter(
        name,
        own(spec, (value) => keeps(spec, value)),
        failure
      )
    else if (kind === "tap")
      growing = growing.tap(
        name,
        own(spec, () => false),
        failure
      )
    else if (kind === "batch") growing = growing.batch(name, spec.plan.size)
    else growing = growing.unbatch(name, failure)
  }
  return growing as unknown as Pipeline.Pipeline<Value, Value, unknown>
}
