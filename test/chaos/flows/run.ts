/** Runs a flow for real, twice at a time if so drawn, and looks at what came of it. What is right is `verdict.ts`. */
import { readFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import type { PoolOptions } from "holdfast"
import { pass } from "../mixed/acts.ts"
import { apart } from "../mixed/apart.ts"
import { type OpenDoor, openDoor } from "../mixed/doors.ts"
import { Patience } from "../mixed/Patience.ts"
import type { MixedResult } from "../mixed/run.ts"
import { change, kill } from "../mixed/unrest.ts"
import { type Letter, pipelineOf } from "./build.ts"
import { sourceOf } from "./inputs.ts"
import { type Spec, specsOf } from "./model.ts"
import type { Flow } from "./plan.ts"
import { type Readings, readFlow } from "./read.ts"
import { type Judged, objectionsTo } from "./verdict.ts"

const optionsOf = ({ isolation, workers }: Flow): PoolOptions => ({
  workers,
  isolation,
  killGrace: 300,
  drainTimeout: 10_000,
  restart: { max: 1_000, backoff: { min: 1, max: 20 } },
  logger: false
})

const runPoolOf = (flow: Flow, door: OpenDoor): object => {
  if (flow.runsOn === "given") return { pool: door.pool }
  // Another pool than the default one only in that it prints nothing.
  return {
    pool: {
      isolation: flow.isolation,
      logger: false,
      killGrace: 300,
      ...(flow.runsOn === "options" ? { workers: 2 } : {})
    }
  }
}

/** One run of the pipeline, to its end. */
const running = async (
  flow: Flow,
  specs: ReadonlyArray<Spec>,
  run: number,
  door: OpenDoor,
  file: string
): Promise<Judged> => {
  const letters: Array<Letter> = []
  const source = sourceOf(flow, run)
  const pipeline = pipelineOf(specs, { flow, given: door.pool, letters, file })
  const readings: Readings = { values: [], counted: undefined, failure: undefined, left: false, stopped: false }
  const controller = new AbortController()
  const reason = new Error("aborted by the program")
  const options = { ...runPoolOf(flow, door), onStop: flow.onStop, signal: controller.signal } as never
  const timer = flow.end.how === "aborts" ? setTimeout(() => controller.abort(reason), flow.end.afterMs) : undefined
  await readFlow({ flow, pipeline, inputs: source.of, options, readings })
  clearTimeout(timer)
  const report = pipeline.report()
  // An iterator that is asked for its next value closes once it has answered.
  for (const until = performance.now() + 3_000; source.isOpen() && performance.now() < until; ) await sleep(5)
  return { flow, specs, run, readings, letters, report, source, reason: controller.signal.aborted ? reason : undefined }
}

const executionsIn = (file: string): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const line of readFileSync(file, "utf8").split("\n"))
    if (line !== "") counts.set(line, (counts.get(line) ?? 0) + 1)
  return counts
}

/** What is done to the given pool. */
const disturb = async (flow: Flow, door: OpenDoor): Promise<void> => {
  const { end } = flow
  const ending = async (): Promise<void> => {
    if (end.how !== "terminates" && end.how !== "closes") return
    await sleep(end.afterMs)
    await (end.how === "terminates" ? door.terminate() : door.close())
  }
  await Promise.all([
    ending(),
    ...flow.changes.map(({ afterMs, workers }) =>
      change(door, {
        afterMs,
        what: workers === "recycle" ? "recycle" : "resize",
        workers: workers === "recycle" ? 1 : workers
      })
    ),
    ...flow.kills.map(({ afterMs, worker }) =>
      kill(door, { afterMs, worker, signal: "SIGKILL", thawAfterMs: 0, idle: false })
    )
  ])
}

/** A pool that was given is nobody's to end: it takes the next job. */
const objectionToPool = async (flow: Flow, door: OpenDoor): Promise<Array<string>> => {
  if (flow.end.how === "terminates" || flow.end.how === "closes") return []
  try {
    await door.run(pass as never, 1, undefined as never, new AbortController().signal)
    return []
  } catch (error) {
    return [`the given pool failed its next job with ${String(error)}`]
  }
}

/** What was sent to a worker before the pipeline ended may begin there until word of the end has come. */
const atRest = async (door: OpenDoor): Promise<void> => {
  const until = performance.now() + 3_000
  while (performance.now() < until && door.workers.some(({ state }) => state === "busy")) await sleep(1)
}

const play = async (flow: Flow, file: string): Promise<Array<string>> => {
  const door = await openDoor(flow.door, optionsOf(flow))
  const lines = (): number => readFileSync(file).length
  const patience = new Patience(lines)
  const runs = Array.from({ length: flow.times }, (_, run) => specsOf(flow, run))
  const playing = runs.map((specs, run) => running(flow, specs, run, door, file))
  const disturbing = disturb(flow, door)
  const judged: Array<Judged | undefined> = []
  for (const [run, each] of playing.entries()) judged.push(await patience.for(`run ${run}`, each))
  await patience.for("what is done to the pool", disturbing)
  const { wrong } = patience
  if (judged.includes(undefined)) wrong.push(String(await door.dump()).slice(0, 3_000))
  else wrong.push(...((await patience.for("the next job", objectionToPool(flow, door))) ?? []))
  await atRest(door)
  const executed = lines()
  await patience.for("the end of the pool", wrong.length > 0 ? door.terminate() : door.close())
  const executions = executionsIn(file)
  await sleep(20)
  if (lines() !== executed) wrong.push("jobs ran after the end of their pipeline")
  for (const each of judged) if (each !== undefined) wrong.push(...objectionsTo(each, executions))
  return wrong
}

/** Runs it, apart from all else. */
export const runFlow = async (flow: Flow): Promise<MixedResult> => ({
  jobs: flow.count * flow.times,
  objections: await apart({ mayWarn: /[bB]reaks|Dies/.test(flow.inputs), play: ({ file }) => play(flow, file) })
})
