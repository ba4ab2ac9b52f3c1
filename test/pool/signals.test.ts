import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { createPool } from "holdfast"
import { describe, expect, it, onTestFinished } from "vitest"
import { openGate } from "../fixtures/gated.ts"
import { square } from "../fixtures/plain.ts"
import { eventually, linesOf, scratchFile } from "./places.ts"

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url))

const start = (signals: string, file: string, pools = 1) =>
  program(fixture("signalled.ts"), signals, file, String(pools))

const program = (...args: ReadonlyArray<string>) => {
  const child = spawn(process.execPath, ["--conditions=holdfast-source", ...args], {
    stdio: ["ignore", "pipe", "pipe"]
  })
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
  const told = (what: string) => eventually(() => expect(out + err).toContain(what))
  return { child, ended, told }
}

describe("signals to the program", () => {
  it.each(["SIGINT", "SIGTERM"] as const)(
    "drain: what runs is finished, what waits is told of, then %s ends it",
    async (signal) => {
      const file = scratchFile()
      const { child, ended, told } = start("drain", file)
      await eventually(() => expect(linesOf(file)).toHaveLength(1))
      child.kill(signal)
      await told("finishing what runs")
      openGate(file)
      const { code, signal: by, out, err } = await ended
      expect({ code, by }).toEqual({ code: null, by: signal })
      expect(out.split("\n").filter(Boolean)).toEqual(["done 0", "failed PoolClosed", "failed PoolClosed"])
      expect(err).toMatch(/finishing what runs, for at most 30 s; once more ends at once\n.*left 2 jobs unfinished\n$/)
      expect(linesOf(file)).toEqual(["0"])
    }
  )

  /** The end of a program that is told to end while its first job runs. */
  const endOf = async (call: string) => {
    const file = scratchFile()
    const { child, ended, told } = program(fixture("saving.ts"), file, call)
    await eventually(() => expect(linesOf(file)).toHaveLength(1))
    child.kill("SIGINT")
    await told("finishing what runs")
    openGate(file)
    return { ...(await ended), file }
  }

  it("drain: the program saves what came of its batch before it ends", async () => {
    const { code, signal, out, file } = await endOf("settle")
    expect({ code, signal, out }).toEqual({ code: null, signal: "SIGINT", out: "saved\nexit 130\n" })
    expect(readFileSync(`${file}.saved`, "utf8")).toBe("Succeeded Failed Failed")
  })

  it.each([
    ["outcomes gives what was finished", "outcomes-endless", /^Succeeded( Failed)*$/],
    ["settle fails as a whole", "settle-endless", /^$/]
  ])("drain: of inputs that were not read to their end, %s", async (_, call, saved) => {
    const { signal, file } = await endOf(call)
    expect(signal).toBe("SIGINT")
    expect(readFileSync(`${file}.saved`, "utf8")).toMatch(saved)
  })

  it("drain: a program that does not look at what the signal has ended says nothing of it", async () => {
    const { code, signal, out, err } = await endOf("map")
    expect({ code, signal, out }).toEqual({ code: null, signal: "SIGINT", out: "exit 130\n" })
    expect(err).toMatch(/left \d jobs? unfinished\n$/)
    expect(err).not.toContain("PoolClosed")
  })

  it("drain: a program that would go on for ever is ended after a while", async () => {
    expect(await endOf("serve")).toMatchObject({ code: null, signal: "SIGINT", out: "saved\n" })
  })

  it("terminate: ends at once", async () => {
    const file = scratchFile()
    const { child, ended } = start("terminate", file)
    await eventually(() => expect(linesOf(file)).toHaveLength(1))
    child.kill("SIGINT")
    expect(await ended).toMatchObject({ code: null, signal: "SIGINT" })
  })

  it("a second signal ends a drain at once", async () => {
    const file = scratchFile()
    const { child, ended } = start("drain", file)
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
    const { child, ended, told } = start("drain", file, 2)
    for (const each of [file, `${file}.1`]) await eventually(() => expect(linesOf(each)).toHaveLength(1))
    child.kill("SIGTERM")
    await told("finishing what runs")
    openGate(file)
    await told("done 0")
    openGate(`${file}.1`)
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
