/**
 * Jobs that are in native code from their first line on, and jobs that end their worker: where nobody can look, the
 * failure says what the job's own thread has noted.
 */
import { createPool, explain, JobTimedOut, WorkerCrashed } from "holdfast"
import { expect, it } from "vitest"
import { notedCall } from "../../packages/supervisor/src/failure/noted.ts"
import { asksChild, derivesKey, grows, quits, readsPath, readsThenLoops, signals } from "../fixtures/native-calls.ts"
import { expectNoLeaks, snapshotLeaks } from "../setup/leaks.ts"
import { fifo } from "../threads/fifo.ts"

const TIMEOUT = "1500 millis"

/** What a failure says of the line at fault. */
const excerptOf = (error: JobTimedOut | WorkerCrashed): string | undefined =>
  /^> *\d+ \| (.*)$/m.exec(error.source?.excerpt ?? "")?.[1]

const timedOut = (error: unknown): JobTimedOut => {
  if (!(error instanceof JobTimedOut)) throw new Error("it has not timed out", { cause: error })
  return error
}

const crashed = (error: unknown): WorkerCrashed => {
  if (!(error instanceof WorkerCrashed)) throw new Error("it has not crashed", { cause: error })
  return error
}

it.each(["process", "thread"] as const)(
  "a read that blocks a %s from the first line on is named with its line",
  {
    timeout: 60_000
  },
  (isolation) =>
    fifo(async ({ path, release }) => {
      await using pool = await createPool({ workers: 1, isolation, logger: false })
      const error = timedOut(await pool.run(readsPath, path, { timeout: TIMEOUT }).catch((thrown: unknown) => thrown))
      expect(error.hungAt?.[0]).toMatchObject({ function: "read" })
      expect(excerptOf(error)).toMatch(/^const read = .* readFileSync\(path, "utf8"\)/)
      expect(error.message).toMatch(/it was in read at .*, which had called readFileSync/)
      // A machine under load may have had no time to tell more.
      if (error.native !== undefined) expect(error.native).toMatchObject({ call: "readFileSync", busy: false, path })
      release()
    })
)

it.each([
  ["execSync", asksChild, 600, /^const ask = .*execSync/, "ask"],
  ["pbkdf2Sync", derivesKey, 1e9, /^const derive = .*pbkdf2Sync/, "derive"]
] as const)(
  "a job that is in %s from its first line on is named with its line",
  { timeout: 60_000 },
  async (call, task, input, line, name) => {
    const before = snapshotLeaks()
    const pool = await createPool({ workers: 1, logger: false })
    const error = timedOut(await pool.run(task, input, { timeout: TIMEOUT }).catch((thrown: unknown) => thrown))
    expect(error.hungAt?.[0]).toMatchObject({ function: name })
    expect(excerptOf(error)).toMatch(line)
    expect(error.message).toMatch(new RegExp(`, which had called ${call}\\b`))
    await pool.close()
    await expectNoLeaks(before)
  }
)

it("a call that has returned is not taken for where a job hangs", { timeout: 60_000 }, async () => {
  await using pool = await createPool({ workers: 1, logger: false })
  const path = import.meta.filename
  const error = timedOut(
    await pool.run(readsThenLoops, path, { timeout: "3 seconds" }).catch((thrown: unknown) => thrown)
  )
  expect(error.native?.call).toBe(undefined)
  expect(error.message).not.toMatch(/readFileSync/)
})

it.each(["process", "thread"] as const)("process.exit on a %s is told with who called it", async (isolation) => {
  await using pool = await createPool({ workers: 1, isolation, logger: false })
  const error = crashed(await pool.run(quits, 7).catch((thrown: unknown) => thrown))
  expect(error).toMatchObject({ reason: "exit", exitCode: 7 })
  expect(error.message).toMatch(/called process\.exit\(7\) in quit at .*native-calls\.ts:\d+:\d+ /)
  expect(excerptOf(error)).toMatch(/^const quit = /)
})

it("a signal that a job gives its own process is told with where it did", async () => {
  await using pool = await createPool({ workers: 1, logger: false })
  const error = crashed(await pool.run(signals, "SIGSEGV").catch((thrown: unknown) => thrown))
  expect(error.message).toMatch(/died of SIGSEGV in signalSelf at /)
  expect(excerptOf(error)).toMatch(/^const signalSelf = /)
})

it("a worker that is ended for its memory says where it was taking it", { timeout: 60_000 }, async () => {
  await using pool = await createPool({ workers: 1, logger: false, maxMemory: "300 MB" })
  const grown = async () => crashed(await pool.run(grows, 0).catch((thrown: unknown) => thrown))
  let error = await grown()
  // It is looked at for a moment only: on a machine under load that may be too short.
  for (let more = 5; more > 0 && error.frames.length === 0; more--) error = await grown()
  expect(error.reason).toBe("outOfMemory")
  expect(error.frames[0]?.function).toBe("grow")
  expect(explain(error, { colours: false })).toMatch(/over its limit \(maxMemory\) of 286 MB; it was in grow at /)
})

it("what is no note tells nothing", () => {
  expect(notedCall(undefined)).toBe(undefined)
  expect(notedCall("")).toBe(undefined)
  expect(notedCall("readFileSync")).toBe(undefined)
  expect(notedCall("a b c\n    at f (/home/f.ts:1:2)")).toBe(undefined)
  expect(notedCall("readFileSync\n    at f (/home/f.ts:1:2)")?.frames).toEqual([
    { function: "f", file: "/home/f.ts", line: 1, column: 2 }
  ])
})
