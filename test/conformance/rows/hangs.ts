/** Rows 9 to 13 and 24: jobs that do not end by themselves. */
import { once } from "node:events"
import { type AddressInfo, createServer, type Socket } from "node:net"
import { fileURLToPath } from "node:url"
import type { JobTimedOut } from "@holdfast/core"
import { expect } from "vitest"
import { failureOf, fallsAsleep, isAlive, lineOf } from "../../faults/scene.ts"
import { loads } from "../../fixtures/dumped-effects.ts"
import { ignoresAbort, notesOrSpins, spins } from "../../fixtures/hangs.ts"
import { EVENTUALLY, expectWithin, watchIdleness } from "../quiet.ts"
import { cannotHold, holds, holdsBut, NOT_ISOLATED, type Play, type Row } from "../Row.ts"
import type { Culprit } from "../Stage.ts"

/** The debugger is armed half a second ahead: with less, a loaded machine may have no time to look. */
const timeout = 1000
/** What the promises state. */
const promisedMs = timeout + 250

const file = fileURLToPath(spins.module)

const timedOut = (act: string, input: unknown): Culprit => ({
  act,
  input,
  tag: "JobTimedOut",
  fields: { which: "timeout", limit: timeout },
  promisedMs
})

const loop: Play = async ({ harm, eventsOf }) => {
  const [failure] = await harm([timedOut("spins", 41)], { timeout })
  const { hungAt } = failure as JobTimedOut
  const line = lineOf(file, "// the loop")
  expect(hungAt?.[0], failure.message).toMatchObject({
    function: "turnRound",
    file,
    line,
    locals: { start: "41", what: '"square"' }
  })
  expect(hungAt?.[1]).toMatchObject({ file, line: lineOf(file, `turnRound(start, "square")`) })
  expect(failure.message).toContain(`turnRound at ${file}:${line}`)
  await expect.poll(() => eventsOf("WorkerExited").length, EVENTUALLY).toBe(1)
}

const STALL_MS = 300

const honest: Play = async ({ pool, notes, eventsOf }) => {
  // Long enough for a second warning, which comes after a longer wait.
  expect(await pool.run(notesOrSpins, { file: notes().file, n: 3, bad: 3, ms: 2500 })).toBe(3)
  const stalls = eventsOf("JobStalled").filter(({ task }) => task === "notesOrSpins")
  expect(stalls.length).toBeGreaterThanOrEqual(2)
  expect(stalls.length, "with back-off").toBeLessThan(7)
  expect(stalls[0]?.runningMs).toBeGreaterThanOrEqual(STALL_MS - 1)
  const line = lineOf(file, "while (Date.now()")
  expect(stalls.some(({ stack }) => stack[0]?.file === file && stack[0].line === line)).toBe(true)
  expect(eventsOf("JobFailed")).toEqual([])
  expect(eventsOf("WorkerExited")).toEqual([])
}

const stuck: Play = async ({ harm, eventsOf }) => {
  const hows = ["promise", "unref", "thenable"]
  const culprits = hows.map((input): Culprit => ({ act: "neverWakes", input, tag: "JobStuck", promisedMs: 1000 }))
  for (const { message } of await harm(culprits)) expect(message).toContain("can never happen")
  expect(eventsOf("WorkerExited")).toEqual([])
}

const waits: Play = async ({ executor, harm, notes, pool }) => {
  const sockets: Array<Socket> = []
  const child = notes()
  const childPids = (): ReadonlyArray<number> => (child.lines()[0] ?? "").split(" ").slice(1).map(Number)
  const server = createServer((socket) => sockets.push(socket.on("error", () => undefined)))
  await once(server.listen(0, "127.0.0.1"), "listening")
  try {
    const { port } = server.address() as AddressInfo
    const [onServer, onTimer, onChild] = (await harm(
      [
        timedOut("readsFrom", port),
        timedOut("waitsForever", undefined),
        timedOut("hasChild", { file: child.file, detached: false })
      ],
      { timeout }
    )) as ReadonlyArray<JobTimedOut>
    expect(onServer?.waitingOn).toContainEqual(expect.objectContaining({ kind: "tcp", detail: `127.0.0.1:${port}` }))
    expect(onServer?.message).toContain(`tcp 127.0.0.1:${port}`)
    expect(onServer?.hungAt).toBe(undefined)
    expect(onTimer?.waitingOn?.map(({ kind }) => kind)).toContain("timer")
    expect(JSON.stringify(onChild?.waitingOn)).toContain(`${childPids()[0]}`)
    const { waitingOn: byEffect } = await failureOf("JobTimedOut", pool.run(loads, 7, { timeout }))
    expect(byEffect).toContainEqual(expect.objectContaining({ kind: "effect", detail: 'in spans "query" in "load"' }))
  } finally {
    // A worker process takes its own children along.
    if (executor === "thread") for (const pid of childPids()) process.kill(pid, "SIGKILL")
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, "close")
  }
}

const KILL_GRACE_MS = 300

const ignores =
  (ended: (pid: number) => boolean | undefined): Play =>
  async ({ pool, harm, notes, eventsOf }) => {
    const idleness = watchIdleness()
    const { file: noted, written } = notes()
    const { result, cancel } = pool.startRun(ignoresAbort, noted)
    const [pid] = (await written(1)).map(Number)
    const reason = new Error("changed my mind")
    const failing = result.catch((error: unknown) => error)
    const cancelledAt = performance.now()
    cancel(reason)
    expect(await failing).toMatchObject({ _tag: "JobCancelled", cause: reason })
    expectWithin("telling who cancelled", performance.now() - cancelledAt, 100, idleness())
    const isGone = (): boolean => ended(pid ?? 0) ?? eventsOf("WorkerExited").length > 0
    await expect.poll(isGone, EVENTUALLY).toBe(true)
    const took = performance.now() - cancelledAt
    expect(took).toBeGreaterThanOrEqual(KILL_GRACE_MS - 5)
    expectWithin("the end of who ignored it", took, KILL_GRACE_MS + 200, idleness())
    // With a timeout, too, its caller does not wait for the grace.
    await harm([timedOut("ignoresAbort", notes().file)], { timeout })
  }

const frozen: Play = async ({ harm, notes }) => {
  const { file: noted, written } = notes()
  const told = harm([timedOut("notesPid", { file: noted })], { timeout })
  const [pid] = (await written(1)).map(Number)
  // In the middle of its note it would be told of as being there.
  await fallsAsleep(pid ?? 0)
  process.kill(pid ?? 0, "SIGSTOP")
  const [failure] = await told
  expect(failure.job.pid).toBe(pid)
  expect(failure.message).toContain("its worker was stopped by the system (SIGSTOP)")
  await expect.poll(() => isAlive(pid ?? 0), EVENTUALLY).toBe(false)
}

const BLOCKS = "A blocked job blocks the calling process; `timeout` reaches only jobs that yield."
const BEHIND = "A thread blocked in native code can't be ended alone: it is left behind, and its slot gets another."

export const hangs: ReadonlyArray<Row> = [
  {
    number: 9,
    title: "an endless loop is ended at its timeout, with the loop's own stack and locals",
    doorsDiffer: false,
    on: { process: holds(loop), thread: holdsBut(BEHIND, loop), inline: cannotHold(BLOCKS) }
  },
  {
    number: 10,
    title: "a job that blocks for long without a timeout is told of again and again, and goes on",
    doorsDiffer: false,
    options: { stallWarning: STALL_MS },
    on: { process: holds(honest), thread: holds(honest), inline: cannotHold(BLOCKS) }
  },
  {
    number: 11,
    title: "a promise that nobody can settle is proven, without any timeout, and its worker goes on",
    doorsDiffer: false,
    on: {
      process: holds(stuck),
      thread: holdsBut("The proof is polled: it takes some 100 ms.", stuck),
      inline: cannotHold("The calling process's event loop has other things to wait for.")
    }
  },
  {
    number: 12,
    title: "a wait that passes its timeout names what it waits on",
    doorsDiffer: false,
    on: {
      process: holds(waits),
      thread: holdsBut(`${BEHIND} A child process that a job had started is not ended with it.`, waits),
      inline: cannotHold(BLOCKS)
    }
  },
  {
    number: 13,
    title: "who ignores SIGTERM and abort is killed after killGrace, and the caller does not wait for it",
    doorsDiffer: false,
    options: { killGrace: KILL_GRACE_MS },
    on: {
      process: holds(ignores((pid) => !isAlive(pid))),
      thread: holdsBut(
        "A thread gets no signals: there is only the abort to ignore.",
        ignores(() => undefined)
      ),
      inline: cannotHold(NOT_ISOLATED)
    }
  },
  {
    number: 24,
    title: "a frozen worker is killed at its job's deadline",
    doorsDiffer: false,
    on: {
      process: holds(frozen),
      thread: cannotHold("SIGSTOP freezes the whole program."),
      inline: cannotHold(NOT_ISOLATED)
    }
  }
]
