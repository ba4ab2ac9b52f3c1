/** Node streams as inputs that fail before they are read: a pool reads once a worker is there. */
import { createReadStream } from "node:fs"
import { createPool } from "holdfast"
import { expect, it } from "vitest"
import { echo } from "../fixtures/plain.ts"
import { failureOf } from "./places.ts"

it.each(["map", "settle"] as const)(
  "a file that is not there fails the %s that reads it, not the program",
  async (call) => {
    const uncaught: Array<unknown> = []
    const hear = (error: unknown): void => void uncaught.push(error)
    const others = process.listeners("uncaughtException")
    process.removeAllListeners("uncaughtException")
    process.on("uncaughtException", hear)
    try {
      await using pool = await createPool({ workers: 1, logger: false })
      const file = createReadStream("/no/such/file.jsonl")
      expect(await failureOf(pool[call](echo, file))).toMatchObject({ code: "ENOENT", path: "/no/such/file.jsonl" })
    } finally {
      process.off("uncaughtException", hear)
      for (const listener of others) process.on("uncaughtException", listener)
    }
    expect(uncaught).toEqual([])
  }
)
