/**
 * Memory and CPU of each worker over its last seconds, read from outside once a second, where reports are kept: two
 * small files of `/proc` for each. Elsewhere than on Linux there is nothing to read. It limits nothing.
 */
import { readFileSync } from "node:fs"
import { cpuTimeOf } from "../dump/cpu-time.ts"
import { memoryOf } from "../pool/snapshot.ts"
import type { Slot } from "../slot/Slot.ts"
import type { UsageSample } from "./FailureReport.ts"

const EVERY_MS = 1000
const KEPT = 20
/** Linux counts a process's time in hundredths of a second, on every machine that Node runs on. */
const TICK_MS = 10

interface Reading {
  readonly at: number
  readonly memoryBytes: number
  readonly cpuMs: number | undefined
}

interface Series {
  /** Whose it is: the next worker of a slot begins anew. */
  readonly worker: unknown
  readonly readings: Array<Reading>
}

/** CPU time of all threads of a process. */
const processTimeOf = (pid: number): number | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
    // Its name, in brackets, may hold anything.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    const ticks = Number(fields[11]) + Number(fields[12])
    return Number.isFinite(ticks) ? ticks * TICK_MS : undefined
  } catch {
    return undefined
  }
}

export class UsageSampler {
  readonly #slots: () => ReadonlyArray<Slot>
  readonly #series = new Map<number, Series>()
  readonly #timer: NodeJS.Timeout | undefined

  constructor(slots: () => ReadonlyArray<Slot>) {
    this.#slots = slots
    if (process.platform !== "linux") return
    this.#timer = setInterval(() => this.#readAll(), EVERY_MS)
    this.#timer.unref()
  }

  /** What was read of a worker, the moment included, oldest first. */
  of(worker: number | undefined): ReadonlyArray<UsageSample> {
    if (worker === undefined || process.platform !== "linux") return []
    const slot = this.#slots().find(({ id }) => id === worker)
    if (slot !== undefined) this.#read(slot)
    const readings = this.#series.get(worker)?.readings ?? []
    const now = performance.now()
    return readings.map(({ at, memoryBytes, cpuMs }, index) => {
      const before = readings[index - 1]
      const over = before === undefined ? 0 : at - before.at
      const used = cpuMs === undefined || before?.cpuMs === undefined ? undefined : cpuMs - before.cpuMs
      return {
        agoMs: Math.round(now - at),
        memoryBytes,
        ...(used === undefined || over < TICK_MS ? {} : { cpuPercent: Math.max(0, Math.round((100 * used) / over)) })
      }
    })
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#series.clear()
  }

  #readAll(): void {
    const slots = this.#slots()
    for (const slot of slots) this.#read(slot)
    if (this.#series.size <= slots.length) return
    for (const id of this.#series.keys()) if (!slots.some((slot) => slot.id === id)) this.#series.delete(id)
  }

  #read({ id, link }: Slot): void {
    const { pid, thread } = link ?? {}
    const memoryBytes = memoryOf(pid)
    // A worker that has died leaves what was read of it.
    if (link === undefined || pid === undefined || memoryBytes === undefined || memoryBytes === 0) return
    let series = this.#series.get(id)
    if (series?.worker !== link) {
      series = { worker: link, readings: [] }
      this.#series.set(id, series)
    }
    const isOfProgram = pid === process.pid
    const cpuMs = !isOfProgram ? processTimeOf(pid) : thread === undefined ? undefined : cpuTimeOf(pid, thread)
    series.readings.push({ at: performance.now(), memoryBytes, cpuMs })
    if (series.readings.length > KEPT) series.readings.shift()
  }
}
