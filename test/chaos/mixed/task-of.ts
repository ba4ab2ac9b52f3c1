/** Which task the jobs of a call are sent with. */
import { Task } from "holdfast"
import { act, actOnce, actSpread } from "./acts.ts"
import { actEffect } from "./effect-acts.ts"
import type { PlannedCall } from "./plan.ts"

const TASKS: Record<PlannedCall["task"], (file: string) => unknown> = {
  plain: () => act,
  once: () => actOnce,
  effect: () => actEffect,
  spread: (file) => actSpread.with(file)
}

let loaded = 0

/** Each time a module of its own, where its call says how that is loaded. */
export const taskOf = ({ loads, task }: PlannedCall, file: string): unknown => {
  if (loads === undefined) return TASKS[task](file)
  const { href } = new URL(`./slow-acts.ts?how=${loads.how}&ms=${loads.ms}&of=${++loaded}`, import.meta.url)
  return Task.module<typeof import("./slow-acts.ts")>(href).act
}
