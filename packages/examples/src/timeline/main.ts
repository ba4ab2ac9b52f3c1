/**
 * What each worker did when: tasks that sleep for a random time tell their process, their start and their end, and the
 * run is written down as a timeline with a row for each worker: the same naps given to whichever worker is free, and
 * shared out beforehand. `timeline FOLDER [COUNT] [WORKERS] [SCHEDULE…]`: 4 and then 100 naps on 4 workers unless said.
 */
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { createPool, type PoolOptions, Task } from "holdfast"
import { countOf } from "../count.ts"

export const nap = Task.fn(import.meta, "nap", async (ms: number) => {
  const start = Date.now()
  await sleep(ms)
  return { pid: process.pid, start, end: Date.now() }
})

export const ready = Task.fn(import.meta, "ready", (_: undefined) => process.pid)

const SCHEDULES = ["balanced", "static"] as const
type Schedule = NonNullable<PoolOptions["schedule"]>

const naps = (count: number): Array<number> => Array.from({ length: count }, () => 5 + Math.random() * 45)

/** Runs these naps, writes their timeline, and says how it went. */
const show = async (
  folder: string,
  times: ReadonlyArray<number>,
  workers: number,
  schedule: Schedule
): Promise<void> => {
  const pool = await createPool({ workers, schedule, chunkSize: 1 })
  // Else the first worker would have begun, and perhaps ended, before the last one is up.
  await pool.broadcast(ready, undefined)
  const done = await pool.map(nap, times)
  await pool.close()
  const report = pool.report()
  const name = `${times.length}-${schedule}`
  for (const extension of ["html", "svg"]) await report.write(join(folder, `${name}.${extension}`))
  const { efficiency, speedUp, wallMs } = report.summary
  const processes = new Set(done.map(({ pid }) => pid)).size
  const took = Math.max(...done.map(({ end }) => end)) - Math.min(...done.map(({ start }) => start))
  console.log(
    `${name}: ${times.length} naps in ${processes} processes within ${took} ms; ` +
      `speed-up ${speedUp.toFixed(2)}, efficiency ${(efficiency * 100).toFixed(0)} % (of ${wallMs.toFixed(0)} ms)`
  )
}

if (import.meta.main) {
  const [folder, count, workers, ...schedules] = process.argv.slice(2)
  const chosen = SCHEDULES.filter((each) => schedules.includes(each))
  if (folder === undefined || chosen.length < schedules.length) {
    console.error("usage: timeline FOLDER [COUNT] [WORKERS] [balanced] [static]")
    process.exitCode = 2
  } else {
    const counts = count === undefined ? [4, 100] : [countOf(count, 100, 1)]
    mkdirSync(folder, { recursive: true })
    for (const times of counts.map(naps))
      for (const schedule of chosen.length > 0 ? chosen : SCHEDULES)
        await show(folder, times, countOf(workers, 4, 1), schedule)
  }
}
