import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import { once } from "node:events"
import { text } from "node:stream/consumers"
import { setTimeout as sleep } from "node:timers/promises"
import type { EventOf } from "@holdfast/core"
import { expect, it, onTestFinished } from "vitest"
import { syncMarker } from "../../packages/supervisor/src/protocol/output-marker.ts"
import { EventBus } from "../../packages/supervisor/src/reporting/EventBus.ts"
import { WorkerOutput } from "../../packages/supervisor/src/reporting/WorkerOutput.ts"
import { collectGarbage } from "../fixtures/shared-ends.ts"

const NONCE = "k3y"

const start = (fixture: string, ...parameters: ReadonlyArray<string>): ChildProcessWithoutNullStreams => {
  const file = new URL(`fixtures/${fixture}.ts`, import.meta.url).pathname
  const child = spawn(process.execPath, [...process.execArgv, file, NONCE, ...parameters], { stdio: "pipe" })
  onTestFinished(() => {
    child.kill("SIGKILL")
  })
  return child
}

/** Reads a fixture's output the way a pool does. */
const observe = (child: ChildProcessWithoutNullStreams) => {
  const bus = new EventBus()
  const output = new WorkerOutput({
    worker: 1,
    pid: child.pid,
    nonce: NONCE,
    stdout: child.stdout,
    stderr: child.stderr,
    bus,
    describe: (_chunkId, offset) => ({ task: "task", index: offset, attempt: 1, batch: 1 }),
    runningNow: () => ({ chunkId: 1, offset: 99 })
  })
  return { bus, output, ended: once(child, "close") as Promise<[number | null, NodeJS.Signals | null]> }
}

it("loses nothing of 5000 lines when the worker is killed right behind them", async () => {
  const { bus, output, ended } = observe(start("kills-itself-after-printing"))
  const logs: Array<EventOf<"Log">> = []
  bus.subscribe((event) => event._tag === "Log" && logs.push(event))
  expect((await ended)[1]).toBe("SIGKILL")
  await output.closed
  const stdout = logs.filter(({ stream }) => stream === "stdout").map(({ message }) => message.split(" x")[0])
  expect(stdout).toEqual(Array.from({ length: 5000 }, (_, line) => `line ${line}`))
  expect(logs.filter(({ stream }) => stream === "stderr").map(({ message }) => message)).toEqual(["last words"])
  expect(logs.every(({ index }) => index === 2)).toBe(true)
})

it("names the job of whatever is printed, however it is printed", async () => {
  const { bus, output, ended } = observe(start("prints-in-many-ways"))
  const said = { stdout: [] as Array<string>, stderr: [] as Array<string> }
  const records: Array<EventOf<"Log">> = []
  bus.subscribe((event) => {
    if (event._tag !== "Log") return
    said[event.stream].push(`${event.index}: ${event.message}`)
    if (event.fields !== undefined) records.push(event)
  })
  const synced = output.synced(1)
  expect(await ended).toEqual([0, null])
  await synced
  expect(said.stderr).toEqual(["1: console error", "8: fs.writeSync"])
  expect(said.stdout).toEqual([
    "undefined: at import",
    "0: console log",
    "2: buffer",
    "3: bytes",
    "4: hex",
    // As bytes, the way it was asked for; read as UTF-8, the way all is read.
    "5: latin1 \ufffd",
    "6: pino",
    "7: named import of writeSync",
    "9: logLine",
    "10: half ",
    "11: another's",
    "10: line",
    // Of what a child prints nothing is known but who printed last, until that is taken back.
    "10: child of an announced job",
    "10: child of whoever runs",
    "12: with a callback",
    "12: returns",
    "12: promisified",
    "12: called true 12 ERR_INVALID_ARG_TYPE",
    "13: turn 0",
    "14: turn 0",
    "13: turn 1",
    "14: turn 1",
    "13: turn 2",
    "14: turn 2"
  ])
  expect(records.map(({ level, fields }) => ({ level, ...fields }))).toEqual([
    { level: 30, order: 6 },
    {
      level: 40,
      order: 9,
      big: "10",
      time_: "mine",
      error: expect.objectContaining({ type: "RangeError", message: "r" }),
      circular: expect.stringContaining("could not be logged")
    }
  ])
})

it("costs a worker that prints nothing no module, and still syncs", async () => {
  const { output, ended } = observe(start("prints-nothing"))
  expect(await ended).toEqual([0, null])
  await output.closed
  expect(output.lastLines()).toEqual([])
})

it("writes its sync marker whole into a pipe that is full and does not block", async () => {
  const child = start("syncs-into-a-full-pipe")
  const ended = once(child, "close")
  // It prints until the pipe is full, which it gets to be now and again although somebody reads.
  const [printed, said] = await Promise.all([text(child.stdout), text(child.stderr)])
  expect(said).toContain("EAGAIN")
  expect(printed.endsWith(`x${syncMarker(NONCE, 7)}`)).toBe(true)
  expect(await ended).toEqual([0, null])
})

it("does not mind that nobody reads any more", async () => {
  const child = start("syncs-when-nobody-reads")
  const ended = once(child, "exit")
  child.stdout.destroy()
  child.stderr.destroy()
  child.stdin.end("x")
  expect(await ended).toEqual([5, null])
})

/** Without garbage, of which there may be as much as V8 likes; with what is in buffers. */
const memoryHeld = async (): Promise<number> => {
  await collectGarbage()
  const { external, heapUsed } = process.memoryUsage()
  return heapUsed + external
}

it.each(["nobody listening", "a listener"])("takes a flood in bounded memory with %s", async (who) => {
  const { bus, output, ended } = observe(start("floods", "100"))
  let logged = 0
  if (who === "a listener") bus.subscribe(() => logged++)
  const before = await memoryHeld()
  let most = 0
  let flows = true
  const watching = (async () => {
    while (flows) {
      most = Math.max(most, (await memoryHeld()) - before)
      await sleep(20)
    }
  })()
  expect(await ended).toEqual([0, null])
  flows = false
  await watching
  await output.closed
  expect(output.lastLines().at(-1)).toBe("the end")
  // Of 100 MB that have been printed.
  expect(most).toBeLessThan(20e6)
  // 50 times 10,000 lines, 50 times 16 pieces of one line in between.
  expect(logged).toBeGreaterThan(who === "a listener" ? 500_000 : -1)
})
