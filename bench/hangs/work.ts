/** Jobs that never end, each blocked in a function of its own that stands in its task's name; and one that ends. */
import { Task } from "holdfast"

const spin = (n: number): never => {
  let turns = n
  for (;;) turns = (turns + 1) % 1009
}

const backtrack = (text: string) => /^(a+)+$/.test(text)

const sumForEver = (values: ReadonlyArray<number>): never => {
  let sum = 0
  for (;;) for (const value of values) sum = (sum + Math.sqrt(value)) % 1e6
}

const recurse = (depth: number): never => (depth === 0 ? spinDeep() : recurse(depth - 1))
const spinDeep = (): never => {
  const seen = new Map()
  for (let n = 0; ; n = (n + 1) % 512) seen.set(n, { n })
}

const poll = async (): Promise<never> => {
  for (;;) await undefined
}

export const ready = Task.fn(import.meta, "ready", (n: number) => n)
export const tightLoop = Task.fn(import.meta, "tightLoop", (n: number) => spin(n))
export const expression = Task.fn(import.meta, "expression", (n: number) => backtrack(`${"a".repeat(40)}!${n}`))
export const arithmetic = Task.fn(import.meta, "arithmetic", (n: number) => sumForEver([n, 2, 3, 5, 7]))
export const deep = Task.fn(import.meta, "deep", (_: number) => recurse(30))
export const microtasks = Task.fn(import.meta, "microtasks", (_: number) => poll())

/** Each with the function that its stack has to name first. */
export const hangs = [
  [tightLoop, "spin"],
  [expression, "backtrack"],
  [arithmetic, "sumForEver"],
  [deep, "spinDeep"],
  [microtasks, "poll"]
] as const
