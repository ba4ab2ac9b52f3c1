/**
 * How far a program's memory grows while it goes through so many generated numbers: the highest resident size while
 * it does, without what it had before, in bytes. Arguments: who, and how many.
 *
 * `ordered`, `unordered` and `slow-first` (whose first job takes 300 ms) read one stream of a pool that has done a
 * job before; `piscina` is fed 1,024 at once; `nothing` reads a generator of its own and has no pool at all.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { getHeapSpaceStatistics } from "node:v8"

const [what = "", count = ""] = process.argv.slice(2)
const total = Number(count)

const kilobytes = (/** @type {string} */ field) =>
  Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(readFileSync("/proc/self/status", "utf8"))?.[1])

const youngBytes = () =>
  getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space")?.physical_space_size ?? 0

function* inputs() {
  for (let n = 0; n < total; n++) yield n
}

/** Reads values, none of which is kept, and says whether they were the squares: each once and, if asked, in order. */
const check = async (/** @type {AsyncIterable<number>} */ values, ordered = true) => {
  let read = 0
  let wrong = 0
  let sum = 0
  for await (const value of values) {
    if (ordered && value !== read * read) wrong++
    sum = (sum + (value % 65_521)) % 65_521
    read++
  }
  return { read, wrong, sum }
}

const ours = async (/** @type {boolean} */ ordered, slowFirst = false) => {
  const { createPool } = await import("holdfast")
  const { square, squareSlowFirst } = await import("../tasks/work-tasks.mjs")
  const pool = await createPool({ workers: 2 })
  await pool.run(square, 7)
  const task = slowFirst ? squareSlowFirst : square
  return { go: () => check(pool.stream(task, inputs(), { ordered }), ordered), end: () => pool.close() }
}

const piscina = async () => {
  const { Piscina } = await import("piscina")
  const pool = new Piscina({
    filename: new URL("../tasks/plain.mjs", import.meta.url).href,
    name: "squareOf",
    minThreads: 2,
    maxThreads: 2,
    concurrentTasksPerWorker: 64,
    atomics: "sync",
    recordTiming: false
  })
  await pool.run(7)
  const go = async () => {
    const source = inputs()
    let read = 0
    let sum = 0
    const feed = async () => {
      for (const n of source) {
        const square = await pool.run(n)
        sum = (sum + (square % 65_521)) % 65_521
        read++
      }
    }
    await Promise.all(Array.from({ length: 1024 }, feed))
    return { read, wrong: 0, sum }
  }
  return { go, end: () => pool.destroy() }
}

async function* squares() {
  for (const n of inputs()) yield n * n
}

const nothing = async () => ({ go: () => check(squares()), end: async () => undefined })

const started = {
  ordered: () => ours(true),
  unordered: () => ours(false),
  "slow-first": () => ours(true, true),
  piscina,
  nothing
}
const { go, end } = await (Reflect.get(started, what) ?? nothing)()

const before = kilobytes("VmRSS")
const youngBefore = youngBytes()
// From here on the high-water mark counts anew (proc(5)).
writeFileSync("/proc/self/clear_refs", "5")
const startedAt = performance.now()
const { read, wrong, sum } = await go()
const seconds = (performance.now() - startedAt) / 1000
const measured = (kilobytes("VmHWM") - before) * 1024
const young = ((youngBytes() - youngBefore) / 2 ** 20).toFixed(0)
const note =
  `from ${(before / 1024).toFixed(0)} MB; V8's young generation ${young} MB of it; ` +
  `${Math.round(read / seconds / 1000).toLocaleString("en")} k/s`
console.log(JSON.stringify({ measured, count: read, digest: wrong === 0 ? sum : -1, note }))
await end()
