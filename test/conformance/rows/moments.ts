/** Rows 22 and 23: a worker that is killed at any moment, and one whose channels say nonsense or too much. */
import { randomBytes } from "node:crypto"
import { expect } from "vitest"
import { isAlive, within } from "../../faults/scene.ts"
import { floods } from "../../fixtures/channel.ts"
import { diesWhileSending, exitsAfterwards, notesPid, weighs } from "../../fixtures/deaths.ts"
import { square } from "../../fixtures/plain.ts"
import { EVENTUALLY, isThorough } from "../quiet.ts"
import { cannotHold, holds, holdsBut, NOT_ISOLATED, type Play, type Row } from "../Row.ts"
import { growthWhile, type Stage } from "../Stage.ts"

const MB = 1024 * 1024

const idle = ({ pool }: Stage): Promise<void> =>
  expect.poll(() => pool.workers.every(({ state }) => state === "idle"), EVENTUALLY).toBe(true)

const pidOf = ({ pool }: Stage, state: string): number | undefined =>
  pool.workers.find((worker) => worker.state === state)?.pid

const unharmed = (bytes: number) => ({ _tag: "Succeeded", value: bytes, job: { attempts: [{ number: 1 }] } })

/** Idle, then starting, so that no job is at fault; then receiving, sending and draining. */
const anyMoment: Play = async (stage) => {
  const { pool, size, notes, eventsOf } = stage
  await idle(stage)
  process.kill(pidOf(stage, "idle") ?? 0, "SIGKILL")
  await expect.poll(() => eventsOf("WorkerExited").length, EVENTUALLY).toBe(1)
  const starting = pidOf(stage, "starting")
  if (starting !== undefined) process.kill(starting, "SIGKILL")
  await idle(stage)
  expect(await pool.run(square, 4)).toBe(16)
  expect(eventsOf("JobFailed"), "nobody is told of deaths without a job").toEqual([])

  const receiving = pool.settle(weighs, [Buffer.alloc(20 * MB)])
  for (const { pid } of pool.workers) process.kill(pid ?? 0, "SIGSTOP")
  await expect.poll(() => pidOf(stage, "busy"), EVENTUALLY).toBeGreaterThan(0)
  const frozen = pidOf(stage, "busy") ?? 0
  for (const { pid } of pool.workers) if (pid !== frozen) process.kill(pid ?? 0, "SIGCONT")
  process.kill(frozen, "SIGKILL")
  expect(await receiving).toMatchObject([unharmed(20 * MB)])

  const [sending] = await pool.settle(diesWhileSending, [60 * MB])
  // All of it may have been sent by then; never is it a part.
  if (sending?._tag === "Succeeded") expect(sending.value.equals(Buffer.alloc(60 * MB, 1))).toBe(true)
  else expect(sending).toMatchObject({ error: { _tag: "WorkerCrashed", signal: "SIGKILL" } })

  const { file, written } = notes()
  const running = pool.settle(notesPid, [{ file }])
  const [pid] = (await written(1)).map(Number)
  const beside = pool.settle(square, [1, 2, 3])
  const closing = pool.close()
  process.kill(pid ?? 0, "SIGKILL")
  expect(await running).toMatchObject([{ _tag: "Failed", error: { _tag: "WorkerCrashed", signal: "SIGKILL" } }])
  expect(await beside).toMatchObject([1, 4, 9].map((value) => ({ _tag: "Succeeded", value })))
  await within(10_000, closing)
  expect(isAlive(pid ?? 0)).toBe(false)
  expect(eventsOf("WorkerStarting").length).toBeLessThanOrEqual(size + 6)
}

const byItself: Play = async (stage) => {
  const { pool, eventsOf } = stage
  await idle(stage)
  expect(await pool.run(exitsAfterwards, { n: 3, ms: 20 })).toBe(3)
  await expect.poll(() => eventsOf("WorkerExited").length, EVENTUALLY).toBe(1)
  expect(await pool.run(square, 4)).toBe(16)
  expect(await pool.run(exitsAfterwards, { n: 4, ms: 100 })).toBe(4)
  await within(10_000, pool.close())
  expect(eventsOf("JobFailed")).toEqual([])
}

/** A gigabyte once for each executor. */
const floodOf = ({ size, chunkSize }: Stage): number =>
  isThorough && size === 2 && chunkSize === 16 ? 1024 * MB : 64 * MB
/** Of the parent, whatever the flood's size. */
const MOST_GROWTH_MB = 200

const flooded: Play = async (stage) => {
  const { pool, eventsOf } = stage
  const bytes = floodOf(stage)
  const before = eventsOf("WorkerExited").length
  const growth = await growthWhile(async () => {
    expect(await pool.run(floods, { bytes, stream: "stdout" })).toBe(bytes)
  })
  expect(growth, "the parent's memory").toBeLessThan(MOST_GROWTH_MB)
  expect(eventsOf("WorkerExited").length).toBe(before)
}

const nonsense: Play = async (stage) => {
  await stage.harm([
    { act: "writesGarbage", input: randomBytes(1000), tag: "WorkerCrashed", fields: { reason: "protocol" } },
    {
      act: "writesGarbage",
      input: Buffer.from("console.log of a library to descriptor 3\n"),
      tag: "WorkerCrashed",
      fields: { reason: "protocol" }
    },
    {
      act: "closesChannel",
      input: 3,
      tag: "WorkerCrashed",
      fields: { reason: expect.stringMatching(/^(protocol|signal)$/) },
      promisedMs: 3000
    }
  ])
  await expect.poll(() => stage.eventsOf("WorkerExited").length, EVENTUALLY).toBe(3)
  await flooded(stage)
}

export const moments: ReadonlyArray<Row> = [
  {
    number: 22,
    title: "a worker killed idle, starting, receiving, sending or draining fails the job it ran, if it ran one",
    doorsDiffer: false,
    goesOn: false,
    on: {
      process: holds(anyMoment),
      thread: holdsBut("A signal takes the program along; a thread that ends by itself is played.", byItself),
      inline: cannotHold(NOT_ISOLATED)
    }
  },
  {
    number: 23,
    title: "garbage on the channel, or its end, costs the worker; a flood of output is delivered in bounded memory",
    doorsDiffer: false,
    on: {
      process: holds(nonsense),
      thread: holdsBut("A thread's port belongs to Holdfast alone: there is nothing to write garbage to.", flooded),
      inline: cannotHold("Output goes where the program's own goes, and there is no channel.")
    }
  }
]
