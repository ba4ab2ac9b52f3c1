import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { createPool } from "holdfast"
import { describe, expect, it, onTestFinished } from "vitest"
import { square } from "../fixtures/plain.ts"
import { eventually, linesOf, scratchFile } from "./places.ts"

const program = fileURLToPath(new URL("../fixtures/signalled.ts", import.meta.url))

const start = (signals: string, file: string, ms: number, pools = 1) => {
  const child = spawn(
    process.execPath,
    ["--conditions=holdfast-source", program, signals, file, String(ms), String(pools)],
    { stdio: ["ignore", "pipe", "pipe"] }
  )
  onTestFinished(() => void child.kill("SIGKILL"))
  let out = ""
  let err = ""
  child.stdout.on("data", (chunk) => {
    out += chunk
  })
  child.stderr.on("data", (chunk) => {
    err += chunk
  })
  const ended = once(child, "close").then(([code, signal]) => ({ code, signal, out, err }))
  return { child, ended }
}

describe("signals to the program", () => {
  it.each(["SIGINT", "SIGTERM"] as const)(
    "drain: what runs is finished, what waits is told of, then %s ends it",
    async (signal) => {
      const file = scratchFile()
      const { child, ended } = start("drain", file, 800)
      await eventually(() => expect(linesOf(file)).toHaveLength(1))
      child.kill(signal)
      const { code, signal: by, out, err } = await ended
      expect({ code, by }).toEqual({ code: null, by: signal })
      expect(out.split("\n").filter(Boolean)).toEqual(["done 0", "failed PoolClosed", "failed PoolClosed"])
      expect(err).toContain("left 2 jobs unfinished")
      expect(linesOf(file)).toEqual(["0"])
    }
  )

  it("terminate: ends at once", async () => {
    const file = scratchFile()
    const { child, ended } = start("terminate", file, 60_000)
    await eventually(() => expect(linesOf(file)).toHaveLength(1))
    child.kill("SIGINT")
    expect(await ended).toMatchObject({ code: null, signal: "SIGINT" })
  })

  it("a second signal ends a drain at once", async () => {
    const file = scratchFile()
    const { child, ended } = start("drain", file, 60_000)
    await eventually(() => expect(linesOf(file)).toHaveLength(1))
    child.kill("SIGINT")
    // Signals that come together count once.
    const again = setInterval(() => child.kill("SIGTERM"), 200)
    const end = await ended
    clearInterval(again)
    expect(end).toMatchObject({ code: null, signal: "SIGTERM" })
  })

  it("waits for all pools of the program", async () => {
    const file = scratchFile()
    const { child, ended } = start("drain", file, 500, 2)
    await eventually(() => expect(linesOf(file)).toHaveLength(2))
    child.kill("SIGTERM")
    const { signal, out } = await ended
    expect(signal).toBe("SIGTERM")
    expect(out.split("\n").filter((line) => line === "done 0")).toHaveLength(2)
  })

  it("are listened to only while such a pool lives", async () => {
    const listeners = () => process.listenerCount("SIGINT") + process.listenerCount("SIGTERM")
    const before = listeners()
    const off = await createPool({ workers: 1, isolation: "inline", logger: false })
    expect(listeners()).toBe(before)
    const pools = await Promise.all(
      [1, 2].map(() => createPool({ workers: 1, isolation: "inline", logger: false, signals: "drain" }))
    )
    expect(listeners()).toBe(before + 2)
    expect(await pools[0]?.run(square, 2)).toBe(4)
    await pools[0]?.close()
    expect(listeners()).toBe(before + 2)
    await pools[1]?.terminate()
    await off.close()
    expect(listeners()).toBe(before)
  })
})
