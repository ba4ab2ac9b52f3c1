import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { setTimeout as delay } from "node:timers/promises"
import { expect, it, onTestFinished, vi } from "vitest"
import { isAlive, isReady, startFixture } from "./spawned.ts"

/** What is left of a promise promised within two seconds; the machine may stop anybody for a few more. */
const withinTwoSeconds = <A>(promise: Promise<A>): Promise<A | "too late"> =>
  Promise.race([promise, delay(9000, "too late" as const, { ref: false })])

it("ends a spinning process when the parent's end of its channel closes", async () => {
  const fixture = startFixture("endless-loop")
  await isReady(fixture)
  fixture.link.close()
  expect(await withinTwoSeconds(fixture.ended)).toEqual({ code: null, signal: "SIGKILL" })
})

it("ends a process that the debugger has paused when the parent's end closes", async () => {
  const fixture = startFixture("endless-loop")
  await isReady(fixture)
  expect((await fixture.link.capture({ withinMs: 5000, resume: false }))?.state).toBe("stopped")
  fixture.link.close()
  expect(await withinTwoSeconds(fixture.ended)).toEqual({ code: null, signal: "SIGKILL" })
})

it("ends a process whose parent is not the one it was told, though its channel stays open", async () => {
  const fixture = startFixture("endless-loop", { parentPid: 1 })
  await isReady(fixture)
  expect(await withinTwoSeconds(fixture.ended)).toEqual({ code: null, signal: "SIGKILL" })
})

it("ends a process that leads no group of its own, and that process alone", async () => {
  const leader = spawn(process.execPath, ["-e", leadingScript()], {
    stdio: ["ignore", "pipe", "inherit"],
    detached: true
  })
  onTestFinished(async () => {
    if (leader.exitCode !== null || leader.signalCode !== null) return
    process.kill(-(leader.pid ?? 0), "SIGKILL")
    await once(leader, "close")
  })
  let printed = ""
  leader.stdout?.on("data", (bytes: Buffer) => {
    printed += bytes.toString()
  })
  await vi.waitFor(() => expect(printed).toContain("ended SIGKILL"), { timeout: 20_000, interval: 10 })
  expect(isAlive(leader.pid ?? 0)).toBe(true)
})

/** A process that starts a fixture in its own group, closes the fixture's channel and goes on. */
const leadingScript = (): string => {
  const fixture = new URL("./fixtures/endless-loop.ts", import.meta.url).pathname
  return `
    const child = require("node:child_process").spawn(process.execPath,
      ["--conditions=holdfast-source", ${JSON.stringify(fixture)}, String(process.pid)],
      { stdio: ["ignore", "ignore", "ignore", "ignore", "ignore", "pipe"] })
    child.stdio[5].on("data", () => child.stdio[5].destroy())
    child.on("exit", (code, signal) => console.log("ended " + signal))
    setInterval(() => {}, 1000)`
}

it("ends the process over its memory limit, with its children, and says so first", async () => {
  const fixture = startFixture("grows")
  const heard: Array<number> = []
  const forget = fixture.link.onOverMemory(() => heard.push(-1))
  fixture.link.onOverMemory(({ rss }) => heard.push(rss))
  forget()
  const limit = 300 << 20
  fixture.link.limitMemory(limit, 20)
  expect(await fixture.ended).toEqual({ code: null, signal: "SIGKILL" })
  const reading = fixture.link.overMemory
  expect(reading).toMatchObject({ limit })
  expect(heard).toEqual([reading?.rss])
  expect(reading?.rss).toBeGreaterThan(limit)
  expect(reading?.rss).toBeLessThan(limit * 3)
  const child = Number(/child (\d+)/.exec(fixture.output.stdout)?.[1])
  await vi.waitFor(() => expect(isAlive(child)).toBe(false), { timeout: 20_000 })
})

it.each(["text", "wrongFields", "endless"])(
  "survives %s from the worker's own code on its channel",
  async (garbage) => {
    const fixture = startFixture("writes-garbage", { args: [garbage] })
    await fixture.said("wrote")
    await vi.waitFor(() => expect(fixture.link.state).toBe("broken"), { timeout: 20_000 })
    expect(await fixture.link.capture({ withinMs: 5000, resume: true })).toBeUndefined()
    expect(isAlive(fixture.pid)).toBe(true)
    fixture.link.close()
    expect(await withinTwoSeconds(fixture.ended)).toEqual({ code: null, signal: "SIGKILL" })
  }
)

it("survives garbage from the parent's side", async () => {
  const fixture = startFixture("endless-loop")
  const stream = fixture.child.stdio.at(5)
  if (stream === null || stream === undefined || !("write" in stream)) throw new Error("no channel")
  stream.write(`garbage\n[1]\nnull\n{"t":"nothing"}\n{"t":1}\n${"x".repeat(300_000)}`)
  await new Promise((resolve) => stream.write("\n", resolve))
  await isReady(fixture)
  const capture = await fixture.link.capture({ withinMs: 5000, resume: false })
  expect(capture?.frames[0]?.function).toBe("spin")
})

/** `T` for a process that is stopped. */
const stateOf = (pid: number): string | undefined => /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1]

it("answers with nothing, in time, when the worker is frozen", async () => {
  const fixture = startFixture("endless-loop")
  await isReady(fixture)
  process.kill(fixture.pid, "SIGSTOP")
  // Its threads run on until the spinning one has had a turn to take the signal.
  await expect.poll(() => stateOf(fixture.pid)).toBe("T")
  const began = performance.now()
  expect(await fixture.link.capture({ withinMs: 300, resume: false })).toBeUndefined()
  expect(performance.now() - began).toBeLessThan(8000)
})

it("settles pending captures with nothing when the worker dies", async () => {
  const fixture = startFixture("reads-fifo", { args: ["/proc/self/nothing"] })
  const capture = fixture.link.capture({ withinMs: 20_000, resume: false })
  process.kill(fixture.pid, "SIGKILL")
  expect(await withinTwoSeconds(capture)).toBeUndefined()
  await fixture.ended
  expect(fixture.link.state).toBe("closed")
  fixture.link.arm()
  fixture.link.close()
  expect(await fixture.link.capture({ withinMs: 20_000, resume: false })).toBeUndefined()
})
