import { appendFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { Task, currentTask } from "@holdfast/core"
export type How = "fast" | "slow" | "throws" | "exits" | "kills" | "loops" | "late" | "floods" | "stuck" | "waits" | "big" | "spin50" | "heeds"
export const act = Task.fn(import.meta, "act", async ({ file, id, how }: { file: string; id: number; how: How }): Promise<unknown> => {
  appendFileSync(file, `${id}:${currentTask().attempt}\n`)
  return run(id, how)
})
export const actSync = Task.fn(import.meta, "actSync", ({ file, id, how }: { file: string; id: number; how: How }): unknown => {
  appendFileSync(file, `${id}:${currentTask().attempt}\n`)
  return run(id, how)
})
const run = (id: number, how: How): unknown => {
  switch (how) {
    case "fast": return id
    case "slow": return sleep(20 + (id % 30), id)
    case "throws": throw new Error(`thrown ${id}`)
    case "exits": process.exit(id % 3)
    case "kills": process.kill(process.pid, "SIGKILL"); for (;;);
    case "loops": for (;;);
    case "spin50": { const e = performance.now() + 120; while (performance.now() < e); return id }
    case "late": setTimeout(() => { throw new Error(`late ${id}`) }, id % 20); return id
    case "floods": for (let i = 0; i < 200; i++) console.log("x".repeat(2000)); return id
    case "stuck": return new Promise(() => undefined)
    case "waits": return sleep(100_000)
    case "heeds": { const { signal } = currentTask(); return new Promise((_, rej) => { const t = setInterval(() => {}, 1000); signal.addEventListener("abort", () => { clearInterval(t); rej(signal.reason) }) }) }
    case "big": return Buffer.alloc(3_000_000 + id, id % 256)
  }
}
