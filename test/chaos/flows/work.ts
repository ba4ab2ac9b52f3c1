/**
 * What goes through the pipelines of flows, and the tasks of their stages. What becomes of a value in a stage follows
 * from its key and the stage's name alone, so that whoever judges knows it beforehand.
 */
import { appendFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { currentTask, Task } from "@holdfast/core"

/** What goes through: which input it comes from, which stages it has passed, and what it was grouped of. */
export interface Value {
  readonly key: string
  readonly trail: string
  readonly of?: ReadonlyArray<Value>
}

/** What becomes of a value in a stage. */
export type Fate = "well" | "sleeps" | "throws" | "throwsOnce" | "exits" | "exitsOnce"

/** How many of a hundred values have which fate. */
export type Rates = Partial<Record<Exclude<Fate, "well">, number>>

/** What a stage's task must know beside its value. */
export interface Setup {
  readonly stage: string
  readonly rates: Rates
  /** Whether groups fare well always: where nobody can say beforehand what will be grouped. */
  readonly calmGroups: boolean
  /** Where executions are noted. */
  readonly file: string
}

/** What is no chance, and looks like it: from 0 to 99. */
export const lot = (text: string): number => {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return ((hash ^ (hash >>> 12)) >>> 0) % 100
}

export const fateOf = ({ stage, rates, calmGroups }: Omit<Setup, "file">, { key, of }: Value): Fate => {
  if (calmGroups && of !== undefined) return "well"
  let left = lot(`${stage} ${key}`)
  for (const fate of ["throws", "throwsOnce", "exits", "exitsOnce", "sleeps"] as const) {
    left -= rates[fate] ?? 0
    if (left < 0) return fate
  }
  return "well"
}

export const passed = (value: Value, stage: string): Value => ({ ...value, trail: `${value.trail}>${stage}` })

export const grouped = (of: ReadonlyArray<Value>): Value => ({
  key: `[${of.map(({ key }) => key).join()}]`,
  trail: "",
  of
})

/** A value with what its task must know. */
export interface Laden extends Value {
  readonly setup: Setup
}

export const work = Task.fn(import.meta, "work", async ({ setup, ...value }: Laden): Promise<Value> => {
  const { attempt } = currentTask()
  appendFileSync(setup.file, `${setup.stage} ${value.key}\n`)
  const fate = fateOf(setup, value)
  if (fate === "throws" || (fate === "throwsOnce" && attempt === 1))
    throw new RangeError(`${setup.stage} refuses ${value.key}`)
  if (fate === "exits" || (fate === "exitsOnce" && attempt === 1)) process.exit(44)
  if (fate === "sleeps") await sleep(lot(value.key) / 5)
  return passed(value, setup.stage)
})

/** Takes what a `batch` gives as it is. */
export const group = Task.fn(import.meta, "group", (values: ReadonlyArray<Value>): Value => grouped(values))
