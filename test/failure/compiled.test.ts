/**
 * Failures of compiled tasks lead to the TypeScript that was written: bundled with a map beside or inline, and compiled
 * by a loader as it is imported.
 */
import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { createPool, type JobError, Task } from "holdfast"
import { afterAll, beforeAll, expect, it } from "vitest"

let folder: string
let source: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-compiled-"))
  source = join(folder, "money.ts")
  writeFileSync(join(folder, "package.json"), '{"type":"module"}')
  writeFileSync(
    source,
    [
      "enum Currency { Euro = 1, Pound }",
      "interface Price { readonly amount: number }",
      "",
      "const convert = <P extends Price>(price: P, to: Currency): number => {",
      '  if (price.amount < 0) throw new RangeError("a negative " + Currency[to])',
      "  return price.amount * to",
      "}",
      "export const inPounds = (price: Price): number => convert(price, Currency.Pound)",
      ""
    ].join("\n")
  )
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const failureIn = async (file: string, execArgv: ReadonlyArray<string>): Promise<JobError> => {
  const work = Task.module<{ inPounds: (price: { amount: number }) => number }>(pathToFileURL(file))
  await using pool = await createPool({ workers: 1, logger: false, execArgv })
  const [outcome] = await pool.settle(work.inPounds, [{ amount: -1 }])
  if (outcome?._tag !== "Failed") throw new Error("it has not failed")
  return outcome.error as JobError
}

it.each([
  ["bundled and minified, its map beside", "linked", true],
  ["bundled, its map inline", "inline", false]
] as const)("%s: the failure is at the line that was written", async (_, sourcemap, minify) => {
  const file = join(folder, `${sourcemap}.js`)
  // As a program: called as a library, it leaves a service running.
  execFileSync(fileURLToPath(new URL("../../node_modules/.bin/esbuild", import.meta.url)), [
    ...[source, "--bundle", "--format=esm", "--platform=node", "--log-level=error"],
    ...[`--outfile=${file}`, `--sourcemap=${sourcemap}`, `--minify=${minify}`]
  ])
  const failure = await failureIn(file, [])
  expect(failure.frames.map(({ file: at, line }) => [at, line])).toEqual([
    [source, 5],
    [source, 8]
  ])
  expect(failure.source?.excerpt).toContain("> 5 |   if (price.amount < 0) throw new RangeError(")
  expect(
    readFileSync(source, "utf8")
      .split("\n")[4]
      ?.slice((failure.frames[0]?.column ?? 0) - 1)
  ).toMatch(/^(throw )?new RangeError/)
  expect(failure.stack).toContain(`(${source}:5:`)
})

it("compiled by tsx as it is imported: the failure is at the line that was written", async () => {
  const tsx = import.meta.resolve("tsx", import.meta.url)
  const failure = await failureIn(source, ["--import", tsx])
  expect(failure.frames.map(({ file, line }) => [file, line])).toEqual([
    [source, 5],
    [source, 8]
  ])
  expect(dirname(failure.source?.file ?? "")).toBe(folder)
})
