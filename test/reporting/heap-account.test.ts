/** What V8 prints of a full heap: one record of the log, and no word of the job that ran. */
import { PassThrough } from "node:stream"
import type { EventOf } from "@holdfast/core"
import { expect, it } from "vitest"
import { ownerMarker, syncMarker } from "../../packages/supervisor/src/protocol/output-marker.ts"
import { EventBus } from "../../packages/supervisor/src/reporting/EventBus.ts"
import { WorkerOutput } from "../../packages/supervisor/src/reporting/WorkerOutput.ts"

const NONCE = "k3y"
const OWNER = { chunkId: 1, offset: 0 }
const job = ownerMarker(NONCE, OWNER)

// As Node 26 prints it; in the collections, numbers of V8's own may stand before the bracket.
const ACCOUNT = [
  "<--- Last few GCs --->",
  " 0[9070:0x7f96]      615 ms: Mark-Compact 59.8 (76.5) -> 55.2 (73.1) MB, pooled: 0.0 MB, 66.58 / 0.00 ms",
  "",
  "Writing Node.js report to file: report.json",
  "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
  "----- Native stack trace -----",
  "",
  " 1: 0x840e50  [node]",
  "10: 0x13d0038  [node]"
].join("\n")

/** What the log and the job's last lines say of what a worker writes to its stderr, in these pieces. */
const told = async (pieces: ReadonlyArray<string>, ends = true) => {
  const bus = new EventBus()
  const logs: Array<EventOf<"Log">> = []
  bus.subscribe((event) => {
    if (event._tag === "Log") logs.push(event)
  })
  const kept: Array<string> = []
  const stderr = new PassThrough()
  const output = new WorkerOutput({
    worker: 3,
    pid: 77,
    nonce: NONCE,
    stdout: undefined,
    stderr,
    bus,
    describe: () => ({ task: "load", index: 4, attempt: 1, batch: 1 }),
    keep: (_owner, _stream, text) => void kept.push(text),
    runningNow: () => undefined
  })
  for (const piece of pieces) {
    stderr.write(piece)
    await new Promise((resolve) => setImmediate(resolve))
  }
  if (ends) {
    stderr.end()
    await output.closed
  }
  return { logs, kept, output, messages: logs.map(({ message }) => message) }
}

it("it is one record, of the job that ran, whose own lines it does not join", async () => {
  const { kept, logs, messages, output } = await told([`${job}begins\n`, `\n${ACCOUNT}\n`])
  expect(messages).toEqual(["begins", ACCOUNT])
  expect(logs[1]).toMatchObject({ task: "load", index: 4, stream: "stderr", level: 40 })
  expect(kept).toEqual(["begins"])
  expect(output.lastLogs(OWNER).stderr).toEqual(["begins"])
  expect(output.lastLines()).toEqual(["begins", ...ACCOUNT.split("\n")])
})

it("it is one in whatever pieces it comes, and known before its end", async () => {
  const pieces = [job, ...(`${ACCOUNT}\n`.match(/[\s\S]{1,37}/g) as Array<string>)]
  expect((await told(pieces)).messages).toEqual([ACCOUNT])
  const { messages, output } = await told([`${job}${ACCOUNT}\n`], false)
  expect(messages).toEqual([])
  expect(output.lastLines()).toEqual(ACCOUNT.split("\n"))
})

it("where the worker lives on, for a child process has printed it, what follows stands by itself", async () => {
  const { kept, messages } = await told([`${job}\n${ACCOUNT}\nmy child has died\n`], false)
  expect(messages).toEqual([ACCOUNT, "my child has died"])
  expect(kept).toEqual(["my child has died"])
  expect((await told([`${job}${ACCOUNT}\n${syncMarker(NONCE, 1)}`], false)).messages).toEqual([ACCOUNT])
})

it("empty lines that a job prints stay where they are", async () => {
  expect((await told([`${job}a\n\n\nb\n\n`])).messages).toEqual(["a", "", "", "b", ""])
  expect((await told([`${job}a\n\n`], false)).messages).toEqual(["a", ""])
})
