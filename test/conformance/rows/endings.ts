/** Rows 27 to 30: cancelling, closing, signals to the program, and its sudden end. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { expect } from "vitest"
import { bystanders, isAlive, timed, within } from "../../faults/scene.ts"
import { sleepsUntilInterrupted } from "../../fixtures/effects.ts"
import { loops } from "../../fixtures/faulty.ts"
import { openGate } from "../../fixtures/gated.ts"
import { note, slowSquare, untilAborted } from "../../fixtures/plain.ts"
import { type Cancellable, Interrupted } from "../doors.ts"
import { EVENTUALLY, expectWithin, watchIdleness } from "../quiet.ts"
import { cannotHold, type Executor, holds, holdsBut, NOT_ISOLATED, type Play, type Row } from "../Row.ts"
import type { Stage } from "../Stage.ts"

const reason = new Error("changed my mind")

/** Cancels, and holds the caller's answer to what its door promises. */
const cancelled = async (stage: Stage, { result, cancel }: Cancellable<unknown>): Promise<void> => {
  const told = result.then(
    () => "a value",
    (error: unknown) => error
  )
  const idleness = watchIdleness()
  const { result: error, ms } = await timed(() => {
    cancel(reason)
    return within(10_000, told)
  })
  expectWithin("telling who cancelled", ms, 100, idleness())
  if (stage.door === "effect") expect(error, "an interrupted fiber has no failure").toBeInstanceOf(Interrupted)
  else expect(error).toMatchObject({ _tag: "JobCancelled", cause: reason })
}

const KILL_GRACE_MS = 200

const cancelling =
  (canBeEnded: boolean): Play =>
  async (stage) => {
    const { pool, size, notes, eventsOf } = stage
    // The workers have not started yet.
    await cancelled(stage, pool.startRun(slowSquare, { n: 1, ms: 60_000 }))
    const noted = notes()
    const running = Array.from({ length: size }, () => pool.startRun(untilAborted, noted.file))
    await noted.written(size)
    const queued = notes()
    await cancelled(stage, pool.startRun(note, { file: queued.file, n: 1 }))
    for (const each of running) await cancelled(stage, each)
    await expect.poll(() => noted.lines().length, EVENTUALLY).toBe(2 * size)
    expect(noted.lines().filter((line) => line.startsWith("aborted")).length).toBe(size)
    const effect = notes()
    const sleeping = pool.startRun(sleepsUntilInterrupted, effect.file)
    await effect.written(1)
    await cancelled(stage, sleeping)
    expect(await effect.written(2), "its finalizers run").toEqual(["started", "finalized"])
    const batch = notes()
    const inputs = Array.from({ length: 40 }, (_, n) => ({ file: batch.file, n, ms: n === 2 ? 60_000 : 0 }))
    const mapping = pool.startMap(note, inputs, { chunkSize: 1 })
    await expect.poll(() => batch.lines(), EVENTUALLY).toContain("2")
    await cancelled(stage, mapping)
    expect(queued.lines(), "what was queued never ran").toEqual([])
    if (!canBeEnded) return
    const exits = eventsOf("WorkerExited").length
    const looping = pool.startRun(loops, 1)
    await expect.poll(() => pool.workers.some(({ currentJob }) => currentJob?.task === "loops"), EVENTUALLY).toBe(true)
    await cancelled(stage, looping)
    await expect.poll(() => eventsOf("WorkerExited").length, EVENTUALLY).toBeGreaterThan(exits)
  }

/** Long enough for jobs that have begun to end on a machine whose cores are taken. */
const DRAIN_MS = 1500

const closing: Play = async (stage) => {
  const { pool, size } = stage
  const others = bystanders(pool, 8, 10)
  await others.unharmed()
  const outcomes = async (of: Stage["pool"]) => {
    const begun = stage.notes()
    const short = of.settle(
      note,
      Array.from({ length: size }, (_, n) => ({ file: begun.file, n, ms: 50 })),
      { chunkSize: 1 }
    )
    await begun.written(size)
    // Inline nothing can be ended that does not heed its signal.
    const long = of.settle(untilAborted, Array<string>(size + 2).fill(stage.notes().file))
    return { outcomes: Promise.all([short, long]) }
  }
  const closedOnes = Array.from({ length: size + 2 }, () => ({ _tag: "Failed", error: { _tag: "PoolClosed" } }))
  const { outcomes: drained } = await outcomes(pool)
  const idleness = watchIdleness()
  const { ms } = await timed(() => within(20_000, pool.close({ drainTimeout: DRAIN_MS })))
  expect(ms).toBeGreaterThanOrEqual(DRAIN_MS - 5)
  expectWithin("closing", ms, DRAIN_MS + 1000, idleness())
  const [short, long] = await within(5000, drained)
  expect(short).toMatchObject(short.map((_, n) => ({ _tag: "Succeeded", value: n })))
  expect(long).toMatchObject(closedOnes)
  await expect(pool.run(slowSquare, { n: 1, ms: 1 })).rejects.toMatchObject({ _tag: "PoolClosed" })

  const other = await stage.open()
  const { outcomes: ended } = await outcomes(other)
  const { ms: took } = await timed(() => within(20_000, other.terminate()))
  expectWithin("terminating", took, 1000, idleness())
  expect((await within(5000, ended))[1]).toMatchObject(closedOnes)
}

const JOBS = 3
const signalled = fileURLToPath(new URL("../../fixtures/signalled.ts", import.meta.url))
const orphaning = fileURLToPath(new URL("../../fixtures/parent-program.ts", import.meta.url))

const start = (program: string, ...given: ReadonlyArray<string>) => {
  const child = spawn(process.execPath, [...process.execArgv, program, ...given], {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true
  })
  let out = ""
  let err = ""
  child.stdout.on("data", (chunk) => {
    out += chunk
  })
  child.stderr.on("data", (chunk) => {
    err += chunk
  })
  const told = (what: string) => expect.poll(() => err, EVENTUALLY).toContain(what)
  return { child, told, ended: once(child, "close").then(([code, signal]) => ({ code, signal, out })) }
}

const signals: Play = async ({ executor, size, notes }) => {
  const begin = async (mode: string) => {
    const { file, written, lines } = notes()
    const program = start(signalled, mode, file, "1", executor, String(size))
    await written(Math.min(size, JOBS))
    return { ...program, file, lines }
  }
  const drain = await begin("drain")
  const began = drain.lines().length
  // To the whole group, as a terminal does it.
  process.kill(-(drain.child.pid ?? 0), "SIGINT")
  await drain.told("finishing what runs")
  openGate(drain.file)
  const { signal, out } = await within(20_000, drain.ended)
  const done = out.split("\n").filter((line) => line.startsWith("done"))
  expect(done.length, "what ran was finished").toBe(began)
  expect(out.split("\n").filter((line) => line === "failed PoolClosed").length).toBe(JOBS - began)
  expect(signal).toBe("SIGINT")

  const twice = await begin("drain")
  twice.child.kill("SIGINT")
  const again = setInterval(() => twice.child.kill("SIGTERM"), 200)
  expect(await within(20_000, twice.ended)).toMatchObject({ signal: "SIGTERM" })
  clearInterval(again)

  const atOnce = await begin("terminate")
  atOnce.child.kill("SIGTERM")
  expect(await within(20_000, atOnce.ended)).toMatchObject({ signal: "SIGTERM" })

  const off = await begin("off")
  off.child.kill("SIGTERM")
  expect(await within(20_000, off.ended), "it is the program's").toMatchObject({ signal: "SIGTERM" })
}

const ORPHANS_END_MS = 2000

const orphans: Play = async ({ size, notes }) => {
  for (const situation of ["idle", "in async work", "in a loop", "starting"]) {
    const { file, written } = notes()
    const { child, ended } = start(orphaning, situation, file, String(size))
    try {
      await once(child.stdout, "data")
      if (situation === "starting") await written(size)
      const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8")
        .trim()
        .split(" ")
        .map(Number)
      expect(children.length, situation).toBe(size)
      const idleness = watchIdleness()
      const { ms } = await timed(async () => {
        child.kill("SIGKILL")
        await expect.poll(() => children.filter(isAlive), EVENTUALLY).toEqual([])
      })
      expectWithin(`the end of workers that were ${situation}`, ms, ORPHANS_END_MS, idleness())
    } finally {
      child.kill("SIGKILL")
      await ended
    }
  }
}

const NOT_ENDED = "A job that does not yield blocks the calling process, and can't be ended."
const SAME_PROCESS: Record<Exclude<Executor, "process">, string> = {
  thread: "Threads end with the process that they are part of.",
  inline: "There are no workers to be orphaned."
}

export const endings: ReadonlyArray<Row> = [
  {
    number: 27,
    title: "what is cancelled fails at once, queued, starting or running, and is ended behind that",
    doorsDiffer: true,
    options: { killGrace: KILL_GRACE_MS },
    on: {
      process: holds(cancelling(true)),
      thread: holds(cancelling(true)),
      inline: holdsBut(NOT_ENDED, cancelling(false))
    }
  },
  {
    number: 28,
    title: "close drains to its limit and terminate ends at once, what is left fails, and both return",
    doorsDiffer: true,
    goesOn: false,
    on: { process: holds(closing), thread: holds(closing), inline: holdsBut(NOT_ENDED, closing) }
  },
  {
    number: 29,
    title: "a signal to the program drains, terminates or is its own, and a second one ends it at once",
    doorsDiffer: false,
    on: { process: holds(signals), thread: holds(signals), inline: holds(signals) }
  },
  {
    number: 30,
    title: "no worker outlives a program that is killed, whatever it is doing",
    doorsDiffer: false,
    on: {
      process: holds(orphans),
      thread: cannotHold(SAME_PROCESS.thread),
      inline: cannotHold(`${SAME_PROCESS.inline} ${NOT_ISOLATED}`)
    }
  }
]
