/**
 * What a test may have left behind: processes, threads, descriptors, whatever holds the event loop open, and
 * listeners on `process`. A test takes a snapshot before and compares after. Not a judge of what is right: only
 * growth counts, and what ends by itself within the patience is no leak.
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs"
import { setTimeout as delay } from "node:timers/promises"
import { descendants, type ProcessName } from "./descendants.ts"

/** What this process holds at one moment. Counts are by kind, since a descriptor's number means nothing. */
export interface LeakSnapshot {
  /** Living descendants by process id. */
  readonly processes: ReadonlyMap<number, ProcessName>
  /** Threads by name, less those of Node's own pools. */
  readonly threads: ReadonlyMap<string, number>
  /** Open descriptors: a file's path, or `socket`, `pipe`, `anon_inode:[eventpoll]` and so on. */
  readonly descriptors: ReadonlyMap<string, number>
  /** What keeps the event loop open, as `process.getActiveResourcesInfo()` names it. */
  readonly resources: ReadonlyMap<string, number>
  /** Listeners on `process` by event. */
  readonly listeners: ReadonlyMap<string, number>
}

/** Node starts these when it likes and keeps them; they are no test's doing. */
const OWN_THREADS = /^(?:node$|node-MainThread|node-V8Worker|libuv-worker|DelayedTaskSche|SignalInspector|iou-)/

const count = (names: Iterable<string>): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}

/** Maps each entry of a `/proc` folder, leaving out what vanishes while it is read. */
const entries = (folder: string, read: (entry: string) => string): Array<string> =>
  readdirSync(folder).flatMap((entry) => {
    try {
      return [read(`${folder}/${entry}`)]
    } catch {
      return []
    }
  })

const threadNames = (): Array<string> =>
  entries("/proc/self/task", (task) => readFileSync(`${task}/comm`, "utf8").trim()).filter(
    (name) => !OWN_THREADS.test(name)
  )

const descriptorKinds = (): Array<string> =>
  entries("/proc/self/fd", (descriptor) => readlinkSync(descriptor))
    // Node opens /dev/null for the first child that has no stdin, and keeps it for those to come.
    .filter((target) => target !== `/proc/${process.pid}/fd` && target !== "/dev/null")
    .map((target) => target.replace(/^(socket|pipe):\[\d+\]$/, "$1"))

/** What this process holds now. */
export const snapshotLeaks = (): LeakSnapshot => ({
  processes: descendants(),
  threads: count(threadNames()),
  descriptors: count(descriptorKinds()),
  resources: count(process.getActiveResourcesInfo()),
  listeners: new Map(process.eventNames().map((name) => [String(name), process.listenerCount(name)]))
})

const growth = (what: string, before: ReadonlyMap<string, number>, now: ReadonlyMap<string, number>): Array<string> =>
  [...now]
    .filter(([name, number]) => number > (before.get(name) ?? 0))
    .map(([name, number]) => `${what} ${name}: ${number}, was ${before.get(name) ?? 0}`)

/** One line for each thing that is there now and was not before. */
export const leaksSince = (before: LeakSnapshot, now: LeakSnapshot = snapshotLeaks()): Array<string> => [
  ...[...now.processes].filter(([pid]) => !before.processes.has(pid)).map(([pid, name]) => `process ${pid}: ${name}`),
  ...growth("thread", before.threads, now.threads),
  ...growth("descriptor", before.descriptors, now.descriptors),
  ...growth("active resource", before.resources, now.resources),
  ...growth("process listener", before.listeners, now.listeners)
]

/**
 * Waits until nothing is left that was not there before; throws a list of what is, after `patience` milliseconds.
 *
 * @example
 * const before = snapshotLeaks()
 * await using pool = await createPool({ workers: 2 })
 * await pool.close()
 * await expectNoLeaks(before)
 */
export const expectNoLeaks = async (before: LeakSnapshot, patience = 5_000): Promise<void> => {
  const deadline = performance.now() + patience
  for (;;) {
    const left = leaksSince(before)
    if (left.length === 0) return
    if (performance.now() >= deadline) throw new Error(`Left behind after ${patience} ms:\n  ${left.join("\n  ")}`)
    await delay(20)
  }
}
