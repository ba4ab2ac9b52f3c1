/**
 * The memory of one idle child of a fresh parent: its proportional set size, in bytes, once it does not change any more.
 * Arguments: `bare` for a fork that has answered one message, else one worker of ours after a job (`job`) or after a
 * batch of numbers (`map`); for how many seconds nothing is asked of it before. All load the same parent, so that what
 * processes share is shared out alike.
 */
import { fork } from "node:child_process"
import { readFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { createPool } from "holdfast"
import { square } from "../tasks/square.mjs"

const [what, idleSeconds = "0"] = process.argv.slice(2)

const bytesOf = (pid, ...names) => {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8")
  const kilobytes = names.map((name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(rollup)?.[1]))
  return 1024 * kilobytes.reduce((sum, each) => sum + each, 0)
}

const EVERY_MS = 100
const AT_REST = 5

/** Reads until nothing has grown by 1 % for half a second: by then a watchdog is up, too. */
const atRest = async (pid) => {
  let before = 0
  for (let same = 0; same < AT_REST; ) {
    await sleep(EVERY_MS)
    const now = bytesOf(pid, "Pss")
    same = Math.abs(now - before) < before / 100 ? same + 1 : 0
    before = now
  }
  return before
}

const bare = async () => {
  const child = fork(new URL("./empty-child.mjs", import.meta.url))
  child.send(7)
  const result = await new Promise((resolve) => child.once("message", resolve))
  return { pid: child.pid, results: [result], end: () => child.disconnect() }
}

const ours = async () => {
  const pool = await createPool({ workers: 1 })
  const results = [await pool.run(square, 7)]
  if (what === "map")
    await pool.map(
      square,
      Array.from({ length: 100_000 }, (_, n) => n)
    )
  return { pid: pool.workers[0].pid, results, end: () => pool.close() }
}

const { pid, results, end } = await (what === "bare" ? bare() : ours())
await sleep(Number(idleSeconds) * 1000)
const measured = await atRest(pid)
const megabytes = (...names) => (bytesOf(pid, ...names) / 1024 / 1024).toFixed(1)
const note = `private ${megabytes("Private_Clean", "Private_Dirty")} MB, resident ${megabytes("Rss")} MB`
const { digestOf } = await import("../runner/digest.ts")
console.log(JSON.stringify({ measured, count: results.length, digest: digestOf(results), note }))
await end()
