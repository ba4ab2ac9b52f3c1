/** Ways for a job to end badly, by their names. What is printed of each is in `main.ts`. */
import { setTimeout as sleep } from "node:timers/promises"
import { Task } from "holdfast"

const never = (): Promise<never> => new Promise(() => {})

const eatMemory = async (): Promise<void> => {
  for (const eaten: Array<Buffer> = []; ; await sleep(10)) eaten.push(Buffer.alloc(64 * 2 ** 20, 1))
}

const spin = (): never => {
  for (let turns = 0; ; turns++) if (turns < 0) throw new Error("turns are never below 0")
}

export const ways = {
  "ends well": () => "all is well",
  "throws an error": () => {
    throw new RangeError("this is no image")
  },
  "rejects a promise that nobody awaits": () => {
    Promise.reject(new Error("left behind"))
    return never()
  },
  "calls process.exit": () => process.exit(3),
  "calls process.abort": () => process.abort(),
  "is killed": () => process.kill(process.pid, "SIGKILL"),
  "crashes in native code": () => process.kill(process.pid, "SIGSEGV"),
  "takes too much memory": eatMemory,
  "loops for ever": spin,
  "waits too long": () => sleep(60_000),
  "waits for what can never come": never,
  "returns what can't be sent": () => ({ callback: () => {} })
} satisfies Record<string, () => unknown>

export type Way = keyof typeof ways

export const end = Task.fn(import.meta, "end", async (way: Way): Promise<unknown> => ways[way]())
