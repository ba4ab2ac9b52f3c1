/**
 * Which bound a duration is held to. What the promises state holds on a machine that has time; so the exact bound is
 * asserted where all rows are played and a quarter of all processors stood idle meanwhile, and a generous one
 * always. A hang fails either.
 */
import { cpus } from "node:os"
import { expect } from "vitest"
import { SLACK_MS } from "../faults/scene.ts"

const { HOLDFAST_CONFORMANCE } = process.env

/** Whether every combination is played: `npm run conformance`. */
export const isThorough: boolean = HOLDFAST_CONFORMANCE === "all"

/** For what has to come about some time, as `expect.poll` wants it; on a machine with all cores taken that takes its time. */
export const EVENTUALLY = { timeout: 20_000, interval: 5 } as const

const LENIENCE_MS = 5_000

const clockTicks = (): { readonly idle: number; readonly all: number } => {
  const times = cpus().map((cpu) => cpu.times)
  const sum = (of: (each: (typeof times)[number]) => number): number =>
    times.reduce((total, each) => total + of(each), 0)
  return { idle: sum(({ idle }) => idle), all: sum(({ user, nice, sys, idle, irq }) => user + nice + sys + idle + irq) }
}

/** Looks at the machine from now on; tells what share of it has stood idle since. */
export const watchIdleness = (): (() => number) => {
  const before = clockTicks()
  return () => {
    const now = clockTicks()
    return now.all === before.all ? 0 : (now.idle - before.idle) / (now.all - before.all)
  }
}

/** Holds a duration to a promise. `idleness` is the share of the machine that was idle meanwhile. */
export const expectWithin = (what: string, ms: number, promisedMs: number, idleness: number): void => {
  expect(ms, `${what}, generously`).toBeLessThan(promisedMs + LENIENCE_MS)
  if (isThorough && idleness > 0.25) expect(ms, `${what}, on an idle machine`).toBeLessThan(promisedMs + SLACK_MS)
}
