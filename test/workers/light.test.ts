/** What a worker loads for a plain task: nothing of what only the parent, or only Effects, need. */
import { createPool } from "holdfast"
import { expect, it } from "vitest"
import { loadedBuiltins, loadedFromCore, loadedWithEffect, nativeLibraries } from "../fixtures/loaded.ts"
import { loadedForEffect } from "../fixtures/loaded-effect.ts"
import { loadedFromHoldfast } from "../fixtures/loaded-holdfast.ts"
import { expectNoLeaks, snapshotLeaks } from "../setup/leaks.ts"

const recorder = new URL("../fixtures/records-loads.ts", import.meta.url).href

/** Packages and folders that a plain worker has no use for. */
const HEAVY = [
  /\/node_modules\/effect\//,
  /\/node_modules\/(pino|pino-pretty|piscina|p-retry|cli-progress)\//,
  /\/node_modules\/@?vitest/,
  /\/packages\/holdfast\/(src|dist)\/index\./,
  /\/packages\/supervisor\/(src|dist)\/(index|pool|doors|scheduler|slot|settling|transport|collect|options|failure|reporting)/
]

const heavy = (urls: ReadonlyArray<string>): ReadonlyArray<string> =>
  urls.filter((url) => HEAVY.some((pattern) => pattern.test(url)))

for (const [task, what] of [
  [loadedFromCore, "@holdfast/core"],
  [loadedFromHoldfast, "holdfast"]
] as const) {
  it(`loads nothing of effect, pino, piscina, p-retry or the supervisor for a plain task that imports ${what}`, async () => {
    const before = snapshotLeaks()
    const pool = await createPool({ workers: 1, logger: false, execArgv: ["--import", recorder] })
    try {
      const urls = await pool.run(task, undefined)
      // The recorder works: it has seen the worker's own entry and the task's module.
      expect(urls.some((url) => /\/worker\/process-entry\./.test(url))).toBe(true)
      expect(urls).toContain(task.module)
      expect(heavy(urls)).toEqual([])
      expect((await pool.run(nativeLibraries, undefined)).filter((path) => path.includes("koffi"))).toEqual([])
    } finally {
      await pool.close()
    }
    await expectNoLeaks(before)
  })
}

it("sees a heavy module where one is loaded", async () => {
  await using pool = await createPool({ workers: 1, logger: false, execArgv: ["--import", recorder] })
  expect(heavy(await pool.run(loadedWithEffect, undefined))).toContainEqual(expect.stringContaining("/effect/"))
})

it("loads no cryptography, which takes longer to load than all the rest of Node's that a worker has", async () => {
  await using pool = await createPool({ workers: 1, logger: false })
  const builtins = await pool.run(loadedBuiltins, undefined)
  expect(builtins).toContain("NativeModule net")
  expect(builtins).not.toContain("NativeModule crypto")
})

it("loads none of Effect's files and streams for a task that is an Effect, and logs for it all the same", async () => {
  await using pool = await createPool({ workers: 1, logger: false, execArgv: ["--import", recorder] })
  const urls = await pool.run(loadedForEffect, undefined)
  expect(urls).toContainEqual(expect.stringMatching(/\/effect\/.*\bLayer\./))
  expect(urls.filter((url) => /\/effect\/.*\b(Logger|FileSystem|Stream|Channel)\./.test(url))).toEqual([])
})
