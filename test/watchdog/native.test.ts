import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, it, onTestFinished, vi } from "vitest"
import { isReady, startFixture } from "./spawned.ts"

const makeFifo = (): string => {
  const directory = mkdtempSync(join(tmpdir(), "holdfast-watchdog-"))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const fifo = join(directory, "nobody writes")
  execFileSync("mkfifo", [fifo])
  return fifo
}

it("says of a huge JSON.parse that native code is busy, and with how much CPU time", async () => {
  const fixture = startFixture("huge-json")
  await isReady(fixture)
  await fixture.said("parsing")
  const capture = await fixture.link.capture({ withinMs: 1000, resume: false })
  expect(capture).toMatchObject({ state: "native", frames: [], native: { busy: true } })
  expect(capture?.native?.cpuMs).toBeGreaterThan(0)
  expect(capture?.native?.overMs).toBeGreaterThanOrEqual(100)
})

it("names the path of a FIFO that readFileSync waits for", async () => {
  const fifo = makeFifo()
  const fixture = startFixture("reads-fifo", { args: [fifo] })
  await isReady(fixture)
  await fixture.said("began")
  await vi.waitFor(
    async () => {
      const capture = await fixture.link.capture({ withinMs: 1000, resume: false })
      expect(capture).toMatchObject({ state: "native", native: { busy: false, syscall: "openat", path: fifo } })
    },
    { timeout: 20_000 }
  )
})

it("names the descriptor and what it is when a blocking read waits, and no child where there is none", async () => {
  const fixture = startFixture("exits-while-armed")
  await isReady(fixture)
  await fixture.said("began")
  await vi.waitFor(
    async () => {
      const capture = await fixture.link.capture({ withinMs: 1000, resume: false })
      expect(capture).toMatchObject({ state: "native", native: { busy: false, syscall: "read", descriptor: 3 } })
      expect(capture?.native?.path).toMatch(/^socket:/)
      expect(capture?.native).not.toHaveProperty("child")
    },
    { timeout: 20_000 }
  )
})

it("names the child that execFileSync waits for", async () => {
  const fixture = startFixture("exec-sync")
  await isReady(fixture)
  await vi.waitFor(
    async () => {
      const capture = await fixture.link.capture({ withinMs: 1000, resume: false })
      expect(capture).toMatchObject({ state: "native", native: { busy: false } })
      expect(capture?.native?.child).toMatch(/^\d+ sleep 4321$/)
    },
    { timeout: 20_000 }
  )
})

it("says of an idle event loop that it waits, and can be asked again", async () => {
  const fixture = startFixture("idle")
  await isReady(fixture)
  await fixture.said("began")
  for (let asked = 0; asked < 2; asked++) {
    await vi.waitFor(
      async () => {
        const capture = await fixture.link.capture({ withinMs: 1000, resume: true })
        expect(capture).toMatchObject({ state: "native", native: { busy: false } })
        expect(capture?.native?.syscall).toMatch(/^epoll_/)
      },
      { timeout: 20_000 }
    )
  }
})

it("does not lose an answer that came while the parent itself was blocked past the limit", async () => {
  const fixture = startFixture("idle")
  await isReady(fixture)
  await fixture.said("began")
  const capture = fixture.link.capture({ withinMs: 400, resume: true })
  await new Promise((resolve) => setImmediate(resolve))
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4000)
  expect(await capture).toMatchObject({ state: "native" })
})
