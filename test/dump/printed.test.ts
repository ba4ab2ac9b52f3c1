import { inspect } from "node:util"
import type { PoolDump, WorkerDump } from "@holdfast/core"
import { expect, it } from "vitest"
import { printedDump } from "../../packages/supervisor/src/dump/printed-dump.ts"

const frame = { function: "spin", file: "/a/task.ts", line: 3, column: 7 }
const nothing = { stdout: [], stderr: [] }
const counts = { queued: 0, running: 0, retrying: 0, succeeded: 0, failed: 0 }

const worker = (id: number, fields: Partial<WorkerDump>): WorkerDump => ({
  id,
  pid: 100 + id,
  state: "busy",
  activity: "idle",
  jobs: [],
  ahead: 0,
  frames: [],
  native: undefined,
  waitingOn: [],
  memory: undefined,
  cpu: undefined,
  jobsDone: 0,
  restarts: 0,
  ...fields
})

const job = (fields: Partial<WorkerDump["jobs"][number]>): WorkerDump["jobs"][number] => ({
  task: "parse",
  index: 4,
  key: "4",
  inputPreview: "'a.pdf'",
  attempt: 1,
  runningMs: 2500,
  timeoutInMs: undefined,
  waitingOn: [],
  lastLogs: nothing,
  ...fields
})

const dump = (workers: ReadonlyArray<WorkerDump>): Omit<PoolDump, "toString"> => ({
  at: 0,
  tookMs: 120,
  isolation: "process",
  phase: "open",
  queue: { ...counts, running: 2, queued: 7, tasks: [{ task: "parse", ...counts }] },
  workers
})

const tcp = { kind: "tcp", detail: "127.0.0.1:5432", openedAt: frame }

it("prints each worker with what it does, for which job, and where", () => {
  const text = printedDump(
    dump([
      worker(1, {
        activity: "running",
        cpu: { ms: 49, overMs: 50 },
        memory: { rss: 90 * 2 ** 20, heapUsed: undefined, heapLimit: undefined, external: undefined },
        frames: [{ ...frame, locals: { turns: "9" } }],
        ahead: 3,
        jobs: [
          job({ attempt: 2, key: "a.pdf", timeoutInMs: 5000, lastLogs: { stdout: ["page 1\u001b[2J"], stderr: [] } })
        ]
      }),
      worker(2, {
        activity: "native",
        jobs: [job({})],
        native: {
          busy: false,
          cpuMs: 0,
          overMs: 90,
          syscall: "read",
          path: "/a/fifo",
          lastSeen: { frames: [frame], agoMs: 1500 }
        }
      }),
      worker(3, { activity: "waiting", jobs: [job({ waitingOn: [tcp] })], waitingOn: [tcp] }),
      worker(4, { activity: "stopped", jobs: [job({ runningMs: undefined })] }),
      worker(5, {
        activity: "waiting",
        jobs: [job({ waitingOn: [tcp] }), job({ index: 5, key: "5" })],
        waitingOn: [tcp, { kind: "timer", detail: "due in 9 ms" }]
      }),
      worker(6, { activity: "idle", state: "idle" }),
      worker(7, { activity: "idle", state: "idle" }),
      worker(8, { activity: "absent", state: "backingOff", pid: undefined })
    ]),
    false
  )
  expect(text).toBe(`\
pool at 1970-01-01T00:00:00.000Z, 8 × processes (looked at for 120 ms)
jobs: 2 running, 7 queued, 0 succeeded

worker 1 (pid 101): running JavaScript, CPU 98 %, 90 MB
  parse #4 "a.pdf", attempt 2, for 2.5 s, times out in 5.0 s; input 'a.pdf'
    at spin (/a/task.ts:3:7)
        turns = 9
    stdout | page 1·[2J
  3 more sent to it

worker 2 (pid 102): in native code
  parse #4, for 2.5 s; input 'a.pdf'
    it was blocked in the system call read on /a/fifo; 1.5 s before, it was in spin at /a/task.ts:3:7

worker 3 (pid 103): waiting
  parse #4, for 2.5 s; input 'a.pdf'
    waits on tcp 127.0.0.1:5432 (spin at /a/task.ts:3:7)

worker 4 (pid 104): stopped by the system (SIGSTOP): it does nothing until it is continued
  parse #4, its module is being loaded; input 'a.pdf'

worker 5 (pid 105): waiting
  parse #4, for 2.5 s; input 'a.pdf'
    waits on tcp 127.0.0.1:5432 (spin at /a/task.ts:3:7)
  parse #5, for 2.5 s; input 'a.pdf'
  one of them waits on timer due in 9 ms

workers 6, 7, 8: idle or not running`)
})

it("prints colours where they are wanted, and the same text", () => {
  const data = dump([worker(1, { activity: "running", frames: [frame], jobs: [job({})] })])
  const text = printedDump(data, true)
  expect(text).toContain("\u001b[")
  expect(inspect(text).length).toBeGreaterThan(text.length)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what colours are made of
  expect(text.replace(/\u001b\[\d+m/g, "")).toBe(printedDump(data, false))
})

it("says of a pool without calls that there are none, and not that nothing has succeeded", () => {
  const idle = {
    ...dump([worker(1, { activity: "idle", state: "idle", jobsDone: 5 })]),
    queue: { ...counts, tasks: [] }
  }
  expect(printedDump(idle, false)).toContain("\njobs: no call is under way\n")
})
