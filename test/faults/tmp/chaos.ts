import { createPool } from "holdfast"
import { isJobError } from "@holdfast/core"
import { setTimeout as sleep } from "node:timers/promises"
import { mkdtempSync, readFileSync, writeFileSync, readdirSync } from "node:fs"
import { act, actSync, type How } from "./tasks.ts"
let seed = Number(process.argv[2] ?? Date.now() % 1e6)
const minutes = Number(process.argv[3] ?? 1)
const rnd = () => { seed = (seed * 1103515245 + 12345) & 0x7fffffff; return (seed >>> 8) / (0x7fffffff >>> 8) }
const pick = <A>(xs: ReadonlyArray<A>): A => xs[Math.floor(rnd() * xs.length)]!
const int = (a: number, b: number) => a + Math.floor(rnd() * (b - a + 1))
const dir = mkdtempSync("/tmp/h/chaos-")
process.on("unhandledRejection", (e) => { console.log("UNHANDLED", e); process.exit(1) })
const fds = () => readdirSync("/proc/self/fd").length
const start = Date.now()
let programs = 0, jobs = 0; const tags: Record<string, number> = {}
while (Date.now() - start < minutes * 60_000) {
  const s0 = seed; programs++
  const log: string[] = []
  const file = `${dir}/n${programs}`; writeFileSync(file, "")
  const workers = int(1, 4)
  const hard = rnd() < 0.6
  const opts = { workers, logger: false as const, killGrace: int(50, 400), restart: { max: 1000 }, ...(rnd() < 0.2 ? { concurrency: int(2, 4) } : {}), ...(rnd() < 0.2 ? { maxJobsPerWorker: int(1, 20) } : {}) }
  const timeout = int(200, 500)
  const fd0 = fds()
  const pool = await createPool(opts)
  const batches: Array<Promise<void>> = []
  const nb = int(1, 3)
  const events: Array<any> = []
  const reader = (async () => { for await (const e of pool.events) if (e._tag !== "Log") events.push(e) })()
  let id = 0
  const inputsOf = new Map<number, { how: How; batch: number }>()
  let ended = false
  for (let b = 0; b < nb; b++) {
    const n = pick([1, 3, 10, 50, 200])
    const sync = rnd() < 0.5
    const faulty: How[] = hard ? ["throws", "exits", "kills", "loops", "late", "floods", "stuck", "waits", "big", "spin50", "heeds"] : ["throws", "late", "floods", "spin50"]
    const rate = pick([0, 0.02, 0.1, 0.3])
    const inputs = Array.from({ length: n }, () => { const how = rnd() < rate ? pick(faulty) : rnd() < 0.1 ? "slow" as const : "fast" as const; const i = { file, id: id++, how }; inputsOf.set(i.id, { how, batch: b }); return i })
    const retry = rnd() < 0.3 ? { retries: int(1, 4), minTimeout: int(1, 30), randomize: true } : 0
    const c = new AbortController()
    const kind = pick(["settle", "settle", "settle", "map", "mapc", "stream", "submit"] as const)
    const call = { timeout, retry, signal: c.signal, ...(rnd() < 0.7 ? { chunkSize: pick([1, 2, 7, 16, 64, 1000]) } : {}) }
    if (rnd() < 0.15) { const ms = int(0, 600); setTimeout(() => { log.push(`abort ${b}`); c.abort(new Error("aborted")) }, ms) }
    log.push(`batch ${b} ${kind} n=${n} sync=${sync} ${JSON.stringify(call)} hows=${inputs.filter(i => i.how !== "fast").map(i => i.id + i.how).slice(0, 40)}`)
    const check = (i: { id: number; how: How }, o: any) => {
      if (o === undefined) throw new Error(`hole at ${i.id}`)
      jobs++
      if (o._tag === "Succeeded") {
        tags["ok"] = (tags["ok"] ?? 0) + 1
        if (i.how === "big") { if (o.value.length !== 3_000_000 + i.id || o.value[5] !== i.id % 256) throw new Error(`wrong big ${i.id}`) }
        else if (o.value !== i.id) throw new Error(`wrong value ${i.id}: ${String(o.value)}`)
      } else {
        const t = o.error?._tag; tags[t] = (tags[t] ?? 0) + 1
        if (!isJobError(o.error)) throw new Error(`odd error ${String(o.error)}`)
        JSON.stringify(o.error)
        const okTags: Record<string, string[]> = { fast: [], slow: [], spin50: [], floods: [], big: [], throws: ["TaskThrew"], exits: ["WorkerCrashed"], kills: ["WorkerCrashed"], loops: ["JobTimedOut"], stuck: ["JobStuck", "JobTimedOut"], waits: ["JobTimedOut"], heeds: ["JobTimedOut"], late: ["TaskThrew"] }
        const always = ["JobCancelled", "PoolClosed", ...(kills > 0 ? ["WorkerCrashed", "JobTimedOut"] : [])]
        if (![...(okTags[i.how] ?? []), ...always].includes(t)) throw new Error(`job ${i.id} (${i.how}) failed with ${t}: ${o.error.message}\n${o.error.stack}`)
      }
    }
    const task = sync ? actSync : act
    batches.push((async () => {
      if (kind === "settle") { const os = await pool.settle(task, inputs, call); if (os.length !== n) throw new Error(`length ${os.length}`); inputs.forEach((i, k) => { check(i, os[k]); if (os[k]!.job.index !== k) throw new Error("index") }) }
      else if (kind === "map" || kind === "mapc") { try { const vs = await pool.map(task, inputs, { ...call, ...(kind === "mapc" ? { onFailure: "collect" as const } : {}) }); inputs.forEach((i, k) => check(i, { _tag: "Succeeded", value: vs[k] })) } catch (e) { if (!isJobError(e)) throw e; const i = inputs[e.job.index]!; check(i, { _tag: "Failed", error: e }) } }
      else if (kind === "stream") { let k = 0; const ordered = rnd() < 0.5; const limit = rnd() < 0.3 ? int(0, n) : Infinity; const seen = new Set<number>(); try { for await (const v of pool.stream(task, (function* () { yield* inputs })(), { ...call, ordered, onFailure: "collect" })) { const got = Buffer.isBuffer(v) ? (v as Buffer).length - 3_000_000 : v as number; if (seen.has(got)) throw new Error(`twice ${got}`); seen.add(got); if (k++ >= limit) break } } catch (e) { if (!isJobError(e)) throw e; tags["stream " + e._tag] = (tags["stream " + e._tag] ?? 0) + 1 } }
      else { const hs = inputs.map((i) => pool.submit(task, i, rnd() < 0.5 ? {} : { timeout, retry })); 
        const rs = hs.map((h, k) => { if (rnd() < 0.1) setTimeout(() => h.cancel(new Error("c")), int(0, 300)); const i = inputs[k]!; const forever = ["loops", "waits", "heeds"].includes(i.how) ; if (forever) setTimeout(() => h.cancel(new Error("c2")), 800); return h.result().then((value) => check(i, { _tag: "Succeeded", value }), (error) => check(i, { _tag: "Failed", error })) }); await Promise.all(rs) }
    })())
  }
  let kills = 0
  const killing = rnd() < 0.4
  const killer = (async () => { if (!killing) return; for (let k = 0; k < int(1, 6); k++) { await sleep(int(0, 250)); if (ended) return; const w = pick(pool.workers); if (w?.pid === undefined || w.state === "backingOff" || w.state === "gone") continue; kills++; const sig = pick(["SIGKILL", "SIGKILL", "SIGTERM", "SIGSTOP", "SIGSEGV"] as const); log.push(`${sig} to worker ${w.id} pid ${w.pid} ${w.state}`); try { process.kill(w.pid, sig) } catch {} } })()
  const ender = rnd() < 0.25 ? pick(["close", "terminate"] as const) : undefined
  if (ender) setTimeout(() => { log.push(ender); if (!ended) void (ender === "close" ? pool.close({ drainTimeout: int(0, 500) }) : pool.terminate()) }, int(0, 700))
  const fail = (why: unknown) => { console.log("FAILED seed", s0, "program", programs, why, "\n" + JSON.stringify(opts) + "\n" + log.join("\n") + "\nworkers " + JSON.stringify(pool.workers) + "\n" + readFileSync(file, "utf8").split("\n").slice(-20).join(" ")); console.log(events.slice(-30).map((e) => JSON.stringify({ ...e, error: e.error?._tag, job: e.job?.index })).join("\n")); process.exit(1) }
  const wd = setTimeout(() => fail("HANG"), 60_000)
  try { await Promise.all(batches); await killer } catch (e) { fail(e) }
  ended = true
  await pool.close({ drainTimeout: 1000 })
  clearTimeout(wd)
  await reader
  // counted from outside
  const counts = new Map<string, number>()
  for (const l of readFileSync(file, "utf8").split("\n")) if (l) counts.set(l, (counts.get(l) ?? 0) + 1)
  for (const [k, c] of counts) if (c > 1) fail(`job:attempt ${k} ran ${c} times`)
  await sleep(5)
  if (fds() > fd0 + 2) { await sleep(500); if (fds() > fd0 + 2) fail(`fds ${fd0} -> ${fds()}`) }
}
console.log("programs", programs, "jobs", jobs, JSON.stringify(tags), "rss", Math.round(process.memoryUsage.rss() / 1e6))
