/** A module that can't be parsed or linked: no frame leads to its line, and the failure does. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { createPool, explain, type PromisePool, Task } from "holdfast"
import { afterAll, beforeAll, describe, expect, it } from "vitest"

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-unparsed-"))
  const files = {
    "package.json": '{"type":"module"}',
    "broken.ts": "export const total = (n: number): number => n\n\nconst rate = ;\n",
    "imports-broken.ts": 'import { total as sum } from "./broken.ts"\nexport const total = sum\n',
    "unlinked.ts": 'import { readFileSync, rubbish } from "node:fs"\nexport const total = [readFileSync, rubbish]\n',
    "enumerates.ts": "\nexport enum Rate { Low, High }\nexport const total = (n: number): number => n\n",
    "broken.js": "export const total = (n) => n\n\nconst rate = ;\n",
    "imports-broken.js": 'import { total as sum } from "./broken.js"\nexport const total = sum\n',
    "imports-late.js": `import { appendFileSync } from "node:fs"
appendFileSync(new URL("./evaluated", import.meta.url), "once\\n")
await import("./broken.js")
export const total = 1
`,
    "twice.ts": "export const total = (n: number): number => n\nconst rate = 1\nconst rate = 2\n",
    "broken.cjs": "exports.total = (n) => n\n\n\nconst rate = ;\n",
    "imports-at-work.ts": 'export const total = () => import("./broken.ts")\n'
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.each(["process", "thread"] as const)("on a %s", (isolation) => {
  let pool: PromisePool
  beforeAll(async () => {
    pool = await createPool({ workers: 1, isolation, logger: false })
  })
  afterAll(() => pool.close())

  it.each([
    ["is no TypeScript", "broken.ts", "broken.ts", 3, 14],
    ["imports one that is none", "imports-broken.ts", "broken.ts", 3, 14],
    ["imports by jobs one that is none", "imports-at-work.ts", "broken.ts", 3, 14],
    ["asks another for what it does not export", "unlinked.ts", "unlinked.ts", 1, 24],
    ["has what can't be stripped", "enumerates.ts", "enumerates.ts", 2, 8],
    ["is no JavaScript", "broken.js", "broken.js", 3, 14],
    ["declares a name twice", "twice.ts", "twice.ts", 3, 7],
    ["is CommonJS, and none", "broken.cjs", "broken.cjs", 4, 14]
  ])("a module that %s is shown at its line", async (_, module, guilty, line, column) => {
    await shownAt(module, guilty, line, column)
  })

  // Node 22 remembers that it failed, and does not read it again.
  it.skipIf(Number.parseInt(process.versions.node, 10) < 24)("so is one that imports what is no JavaScript", () =>
    shownAt("imports-broken.js", "broken.js", 3, 14)
  )

  it("one that imports such a one as it is evaluated is not evaluated again to find the place", async () => {
    rmSync(join(folder, "evaluated"), { force: true })
    const { total } = Task.module<{ total: (n: number) => number }>(pathToFileURL(join(folder, "imports-late.js")))
    const [outcome] = await pool.settle(total, [1])
    expect(outcome).toMatchObject({ error: { _tag: "TaskNotLoaded" } })
    expect(readFileSync(join(folder, "evaluated"), "utf8")).toBe("once\n")
  })

  const shownAt = async (module: string, guilty: string, line: number, column: number): Promise<void> => {
    const { total } = Task.module<{ total: (n: number) => number }>(pathToFileURL(join(folder, module)))
    const [outcome] = await pool.settle(total, [1])
    if (outcome?._tag !== "Failed") throw new Error("it has not failed")
    const failure = outcome.error
    expect(failure.frames[0]).toMatchObject({ file: join(folder, guilty), line, column })
    expect(failure.source).toMatchObject({ file: join(folder, guilty), line })
    for (const printed of [failure.stack, explain(failure, { colours: false })])
      expect(printed).toMatch(new RegExp(`at .*${guilty}:${line}:${column}\\n[^]*> +${line} \\| `))
  }
})
