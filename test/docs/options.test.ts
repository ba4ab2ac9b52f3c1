import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { declarations } from "../../packages/supervisor/src/options/given.ts"
import { optionsReference } from "../../packages/supervisor/src/options/reference.ts"
import { aligned, withPart } from "./generated.ts"
import { root } from "./SnippetFolder.ts"

const page = join(root, "docs/pool.md")
const supervisor = join(root, "packages/supervisor/src")

const STALE = "docs/pool.md is stale; `npx vitest run test/docs -u` writes the generated parts anew"

// What the engine's files say, without the comments and without the files that check options.
const engine = globSync("**/*.{ts,cts}", { cwd: supervisor })
  .filter((file) => !file.startsWith("options/"))
  .map((file) => readFileSync(join(supervisor, file), "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, ""))
  .join("\n")

const unread = declarations.filter(({ field }) => !new RegExp(`\\b${field}\\b`).test(engine)).map(({ name }) => name)

const unique = (names: ReadonlyArray<string>): Array<string> => [...new Set(names)].sort()

describe("docs/pool.md", () => {
  it("has every option as it is declared", async () => {
    const withTable = withPart(readFileSync(page, "utf8"), "options", aligned(optionsReference()))
    await expect(withTable, STALE).toMatchFileSnapshot(page)
  })
})

it("has no option that nothing in the engine reads", () => {
  expect(unique(unread)).toEqual([])
})
