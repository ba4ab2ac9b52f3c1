/**
 * Failures of compiled tasks lead to the TypeScript that was written: bundled with a map beside or inline, and compiled
 * by a loader as it is imported.
 */
import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { createPool, type JobError, JobTimedOut, Task } from "holdfast"
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
      "export const spin = (price: Price): number => {",
      "  let rounds = price.amount",
      "  for (;;) {",
      "    rounds = (rounds + 1) % 1000",
      "  }",
      "}",
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

const bundle = (how: "esbuild" | "rolldown", from: string, to: string, sourcemap: string, minify = false): void => {
  const flags = {
    esbuild: ["--bundle", "--format=esm", "--platform=node", "--log-level=error", `--outfile=${to}`],
    rolldown: ["--format", "esm", "--platform", "node", "--log-level", "silent", "--file", to]
  }[how]
  const map = sourcemap === "" ? "--sourcemap" : `--sourcemap=${sourcemap}`
  // As a program: called as a library, it leaves a service running.
  execFileSync(fileURLToPath(new URL(`../../node_modules/.bin/${how}`, import.meta.url)), [
    ...[from, ...flags, map, ...(minify ? ["--minify"] : [])]
  ])
}

it.each([
  ["bundled and minified, its map beside", "linked", true],
  ["bundled, its map inline", "inline", false]
] as const)("%s: the failure is at the line that was written", async (_, sourcemap, minify) => {
  const file = join(folder, `${sourcemap}.js`)
  bundle("esbuild", source, file, sourcemap, minify)
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

it.each([
  ["esbuild", "linked"],
  ["esbuild", "external"],
  ["rolldown", ""],
  ["rolldown", "inline"]
] as const)("by %s (%s) from a source that is gone: its lines are shown from the map", async (how, sourcemap) => {
  const gone = mkdtempSync(join(folder, "gone-"))
  const [from, to] = [join(gone, "prices.ts"), join(folder, `of-${how}-${sourcemap}.js`)]
  writeFileSync(from, readFileSync(source))
  bundle(how, from, to, sourcemap)
  rmSync(gone, { recursive: true })
  const failure = await failureIn(to, [])
  expect(failure.frames.map(({ file, line }) => [file, line])).toEqual([
    [from, 5],
    [from, 8]
  ])
  expect(failure.source?.excerpt).toContain("> 5 |   if (price.amount < 0) throw new RangeError(")
  expect(failure.stack).toContain("> 5 |   if (price.amount < 0) throw new RangeError(")
})

const spinning = (file: string) =>
  Task.module<{ spin: (price: { amount: number }) => number }>(pathToFileURL(file)).spin

it.each([
  ["compiled by tsx as it is imported", "process"],
  ["compiled by tsx as it is imported", "thread"],
  ["bundled", "process"]
] as const)("%s: a loop is at the line that was written, by its failure and by a dump (%s)", async (how, isolation) => {
  const isBundled = how === "bundled"
  const file = isBundled ? join(folder, `spins-${isolation}.js`) : source
  if (isBundled) bundle("esbuild", source, file, "linked", false)
  const execArgv = isBundled ? [] : ["--import", import.meta.resolve("tsx", import.meta.url)]
  const pool = await createPool({ workers: 2, isolation, logger: false, execArgv })
  try {
    const spin = spinning(file)
    void pool.submit(spin, { amount: 1 })
    const places = async () =>
      (await pool.dump()).workers.flatMap(({ frames }) => frames.slice(0, 1).map(({ file, line }) => [file, line]))
    await expect.poll(places).toEqual([[source, expect.toSatisfy((line) => line === 11 || line === 12)]])
    const error: unknown = await pool.run(spin, { amount: 1 }, { timeout: "2 seconds" }).catch((thrown) => thrown)
    if (!(error instanceof JobTimedOut)) throw error
    const [top] = error.hungAt ?? []
    expect(top).toMatchObject({ function: "spin", file: source })
    expect([11, 12]).toContain(top?.line)
    expect(error.message).toContain(`it was in spin at ${source}:1`)
    expect(error.source?.excerpt).toContain("rounds = (rounds + 1) % 1000")
  } finally {
    await pool.terminate()
  }
})
