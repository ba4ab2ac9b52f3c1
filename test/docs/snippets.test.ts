import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { expectNoLeaks, snapshotLeaks } from "../setup/leaks.ts"
import { problemsOf } from "./commands.ts"
import { blocksOf } from "./markdown.ts"
import { matches, normalise, sorted } from "./printed.ts"
import { root, SnippetFolder } from "./SnippetFolder.ts"
import { type Check, checksOf } from "./snippets.ts"

const documents = ["README.md", "CONTRIBUTING.md", ...globSync("docs/*.md", { cwd: root }).sort()]

const scripts = new Set(Object.keys(JSON.parse(readFileSync(join(root, "package.json"), "utf8")).scripts))

/** The document's checks, or why it has none: thrown inside a test, so that the other documents still run. */
const read = (document: string): { checks: ReadonlyArray<Check>; problem: unknown } => {
  try {
    return { checks: checksOf(blocksOf(readFileSync(join(root, document), "utf8"))), problem: undefined }
  } catch (problem) {
    return { checks: [], problem }
  }
}

const only = <T extends Check["_tag"]>(checks: ReadonlyArray<Check>, tag: T): Array<Extract<Check, { _tag: T }>> =>
  checks.filter((check): check is Extract<Check, { _tag: T }> => check._tag === tag)

describe.each(documents)("%s", (document) => {
  const { checks, problem } = read(document)
  const programs = only(checks, "Program")
  const files = only(checks, "File")
  const printed = new Map<string, string>()
  let folder: SnippetFolder

  beforeAll(() => {
    folder = new SnippetFolder()
    for (const { name, text } of files) folder.write(name, text)
  })

  afterAll(() => folder[Symbol.dispose]())

  it("has no program that nobody checks", () => {
    expect(problem).toBeUndefined()
  })

  if (files.some(({ name }) => name.endsWith("ts"))) {
    it("compiles", async () => {
      expect(await folder.typeErrors()).toBe("")
    })
  }

  it.each(programs)(
    "line $line: $name runs and exits with $exitCode, leaving nothing behind",
    async (program) => {
      const before = snapshotLeaks()
      const run = await folder.run(program.name)
      printed.set(program.name, run.printed)
      expect(run).toMatchObject({ exitCode: program.exitCode, signal: null })
      await expectNoLeaks(before)
    },
    90_000
  )

  it.each(only(checks, "Output"))("line $line: is what $of prints", ({ of, text, anyOrder }) => {
    const order = anyOrder ? sorted : (lines: string): string => lines
    const actual = order(normalise(printed.get(of) ?? `${of} did not run`, { "<dir>": folder.path, "<root>": root }))
    const shown = order(normalise(text))
    // toBe only for its diff, where they don't match.
    if (!matches(actual, shown)) expect(actual).toBe(shown)
    expect(matches(actual, shown)).toBe(true)
  })

  it.each(only(checks, "Excerpt"))("line $line: is an excerpt of $path", ({ path, text }) => {
    expect(readFileSync(join(root, path), "utf8")).toContain(text)
  })

  it.each(only(checks, "Copy"))("line $line: is the whole of $path", ({ path, text }) => {
    expect(readFileSync(join(root, path), "utf8")).toBe(`${text}\n`)
  })

  it.each(only(checks, "Commands"))("line $line: names only commands that exist", ({ text }) => {
    expect(problemsOf(text, root, scripts)).toEqual([])
  })
})
