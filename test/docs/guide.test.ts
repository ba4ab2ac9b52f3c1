import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "vitest"
import { root } from "./SnippetFolder.ts"

it("shows each of the programs for debugging in the guide, which runs them", () => {
  const guide = readFileSync(join(root, "docs/debugging.md"), "utf8")
  const programs = globSync("packages/examples/src/debugging/*", { cwd: root })
  expect(programs).not.toEqual([])
  expect(programs.filter((path) => !guide.includes(`same-as=${path}\n`))).toEqual([])
})
