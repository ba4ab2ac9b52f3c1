/**
 * Runs around every test file: no process that the file has started may outlive it. What a single test leaves
 * otherwise (descriptors, listeners, threads) is for that test to check, with `expectNoLeaks`.
 */
import { afterAll, beforeAll, expect, vi } from "vitest"
import { descendants } from "./descendants.ts"

let before: ReadonlySet<number> = new Set()

beforeAll(() => {
  before = new Set(descendants().keys())
})

afterAll(async () => {
  const strays = (): Array<string> =>
    [...descendants()].filter(([pid]) => !before.has(pid)).map(([pid, name]) => `${pid}: ${name}`)
  await vi.waitFor(() => expect(strays(), "processes that outlive this test file").toEqual([]), { timeout: 5_000 })
})
