/** Large typed arrays as inputs and results: copies on each side, whichever way they went. */
import { spawnSync } from "node:child_process"
import { readdirSync, readlinkSync, statSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { isDeepStrictEqual } from "node:util"
import { describe, expect, it } from "vitest"
import { neverWakes } from "../fixtures/hangs.ts"
import { bumps, changesItsMind, failsWhileSending, fillsOrDies, looksAt } from "../fixtures/large.ts"
import { echo, slowSquare } from "../fixtures/plain.ts"
import { expectNoLeaks, snapshotLeaks } from "../setup/leaks.ts"
import { eventually, failureOf, linesOf, openIn, places, scratchFile, sharedIn, upTo } from "./places.ts"

const KB = 1024
const MB = 1024 * KB

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength)

const patterned = (bytes: number): Buffer => Buffer.alloc(bytes, Buffer.from(upTo(251)))

/** Bytes that a pool's transit files hold, as their parent sees them; its pages are small. */
const heldBeside = (): number =>
  readdirSync("/proc/self/fd")
    .flatMap((descriptor) => {
      try {
        const path = `/proc/self/fd/${descriptor}`
        return readlinkSync(path).startsWith("/dev/shm/") ? [statSync(path).blocks * 512] : []
      } catch {
        return []
      }
    })
    .reduce((sum, bytes) => sum + Math.max(0, bytes - 64 * KB), 0)

describe.each(places)("$isolation", (place) => {
  const pool = sharedIn(place)

  it.each([0, 1, 16 * KB, 64 * KB, 64 * KB + 5, 256 * KB, 3 * MB + 3])(
    "views of %d bytes cross both ways",
    async (bytes) => {
      const whole = patterned(bytes + 24)
      const memory = new Uint8Array(whole).buffer
      const even = bytes - (bytes % 8)
      const views: ReadonlyArray<readonly [string, ArrayBufferView]> = [
        ["Buffer", whole.subarray(7, 7 + bytes)],
        ["Uint8Array", new Uint8Array(memory, 3, bytes)],
        ["DataView", new DataView(memory, 5, bytes)],
        ["Float64Array", new Float64Array(memory, 8, even / 8)],
        ["BigUint64Array", new BigUint64Array(memory, 16, even / 8)],
        ["Int16Array", new Int16Array(memory, 2, even / 2)]
      ]
      for (const [name, view] of views) {
        const [seen, back] = await Promise.all([pool().run(looksAt, view), pool().run(echo, view)])
        expect(seen, name).toMatchObject({ name, bytes: view.byteLength })
        for (const each of [seen.view, back as ArrayBufferView]) {
          expect(each.constructor, name).toBe(view.constructor)
          expect(bytesOf(each).equals(bytesOf(view)), name).toBe(true)
          expect(each.buffer, name).not.toBe(view.buffer)
        }
      }
      expect(whole.equals(patterned(bytes + 24)), "the caller's own").toBe(true)
    }
  )

  it.each([8 * KB, 1 * MB])(
    "a job that changes its input of %d bytes changes neither the caller's nor another job's",
    async (bytes) => {
      const array = new Float64Array(bytes / 8).fill(1)
      const results = await pool().map(bumps, [array, array, array], { chunkSize: 2 })
      expect(results.map(([first]) => first)).toEqual([2, 2, 2])
      expect(new Set(results.map(({ buffer }) => buffer)).size).toBe(3)
      expect(array[0]).toBe(1)
      expect(array.byteLength, "nothing of the caller's was handed over").toBe(bytes)
    }
  )

  it.each([100 * KB, 4 * MB])(
    "what the caller does to %d bytes once they were sent is not seen by the job",
    async (bytes) => {
      const array = new Float64Array(bytes / 8).fill(1)
      const sent = pool().run(echo, array) as Promise<Float64Array>
      const changes = setInterval(() => array.fill((array[0] ?? 0) + 1), 0)
      const back = await sent
      clearInterval(changes)
      // It may have been sent between two changes, and never in the middle of one.
      expect(back.every((each) => each === back[0])).toBe(true)
      expect(back.length).toBe(array.length)
    }
  )

  it.each([100 * KB, 4 * MB])(
    "what a worker does to %d bytes after it has returned them is not seen",
    async (bytes) => {
      const results = await pool().map(changesItsMind, [bytes / 8, bytes / 8, bytes / 8])
      for (const result of results) expect(result.every((each) => each === 1)).toBe(true)
    }
  )

  it("a view of a SharedArrayBuffer is refused, large as small", async () => {
    for (const bytes of [8, MB]) {
      const view = new Uint8Array(new SharedArrayBuffer(bytes))
      await expect(pool().run(echo, view)).rejects.toMatchObject({ _tag: "NotSerializable" })
    }
  })

  it("large values that hold arrays, and large texts, cross in chunks of 16 on both workers, in order", async () => {
    const inputs = upTo(34).map((n) =>
      n % 3 === 0
        ? new Float64Array(40_000).fill(n)
        : n % 3 === 1
          ? { n, array: new Float32Array(50_000).fill(n) }
          : `${n}`.repeat(200_000)
    )
    const results = await pool().map(echo, inputs, { chunkSize: 16 })
    for (const [n, result] of results.entries()) expect(isDeepStrictEqual(result, inputs[n]), `${n}`).toBe(true)
  })
})

const [processes] = places
if (processes === undefined) throw new Error("processes are the first place")

describe("over processes", () => {
  it("keeps what is under way in chunks of 32 MB apart, and holds none of it afterwards", async () => {
    const before = snapshotLeaks()
    {
      await using pool = await openIn(processes)
      const inputs = upTo(34).map((n) => new Uint8Array(2 * MB).fill(n))
      const results = (await pool.map(echo, inputs, { chunkSize: 16 })) as ReadonlyArray<Uint8Array>
      for (const [n, result] of results.entries())
        expect(Buffer.compare(result, inputs[n] as Uint8Array), `${n}`).toBe(0)
      await eventually(() => expect(heldBeside()).toBeLessThan(64 * KB))
      expect(Buffer.compare((await pool.run(echo, inputs[7])) as Uint8Array, inputs[7] as Uint8Array)).toBe(0)
    }
    await expectNoLeaks(before)
  })

  it.each([1, 16])(
    "a worker killed among large results, in chunks of %d, loses none that was made",
    async (chunkSize) => {
      await using pool = await openIn(processes)
      const file = scratchFile()
      const inputs = upTo(24).map((n) => ({ file, n, bad: 13, bytes: MB + n }))
      const outcomes = await pool.settle(fillsOrDies, inputs, { chunkSize })
      for (const [n, outcome] of outcomes.entries()) {
        if (n === 13) expect(outcome).toMatchObject({ _tag: "Failed", error: { _tag: "WorkerCrashed" } })
        else if (outcome._tag !== "Succeeded") expect.unreachable(`job ${n} did not succeed`)
        else expect(outcome.value.length === MB + n && outcome.value.every((byte) => byte === n), `job ${n}`).toBe(true)
      }
      expect(
        linesOf(file)
          .map(Number)
          .sort((a, b) => a - b),
        "each ran once"
      ).toEqual(upTo(24))
    }
  )

  it.each([
    ["dies in the middle of a large result", "dies", { reason: "signal", signal: "SIGKILL" }],
    ["cuts the file in which a large result lies", "cuts", { reason: "protocol" }]
  ] as const)("a worker that %s loses that one alone", async (_, how, crash) => {
    const before = snapshotLeaks()
    {
      await using pool = await openIn(processes, { workers: 1 })
      const kept = await pool.run(echo, new Uint8Array(4 * MB).fill(5))
      const outcome = await pool.run(failsWhileSending, how).then(({ length }) => `${length} bytes`, Object)
      expect(outcome).toMatchObject({ _tag: "WorkerCrashed", ...crash })
      const next = new Uint8Array(4 * MB).fill(7)
      expect(Buffer.compare((await pool.run(echo, next)) as Uint8Array, next)).toBe(0)
      expect((kept as Uint8Array).every((byte) => byte === 5)).toBe(true)
    }
    await expectNoLeaks(before)
  })

  it("a job that waits for nothing, or for a timer, is told of as ever after a large result", async () => {
    await using pool = await openIn(processes, { workers: 1 })
    await pool.run(echo, new Uint8Array(MB))
    // A timer of ours in the worker would make it wait for that.
    await expect(pool.run(neverWakes, "promise")).rejects.toMatchObject({ _tag: "JobStuck" })
    await pool.run(echo, new Uint8Array(MB))
    const late = await failureOf(pool.run(slowSquare, { n: 1, ms: 3_600_000 }, { timeout: 300 }))
    expect(late).toMatchObject({ _tag: "JobTimedOut" })
    expect(String(late)).not.toMatch(/timer due in \d{1,4} ms/)
  })

  it("goes on over the job channel where the file can't grow", () => {
    const program = fileURLToPath(new URL("../fixtures/large-program.ts", import.meta.url))
    // In blocks of 512 bytes or of 1 KB: too little for 8 MB either way.
    const run = spawnSync(
      "sh",
      ["-c", 'ulimit -f 2048 && exec "$0" --conditions=holdfast-source "$1"', process.execPath, program],
      {
        encoding: "utf8",
        timeout: 60_000
      }
    )
    expect(run).toMatchObject({ status: 0, stdout: "same\nsame\n" })
  })
})
