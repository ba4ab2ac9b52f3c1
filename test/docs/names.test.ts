/** Whatever a program can import or call has a word in the documents. Not what only executors and workers need. */
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as holdfast from "holdfast"
import { expect, it } from "vitest"
import { root } from "./SnippetFolder.ts"

const read = (path: string): string => readFileSync(join(root, path), "utf8")

const text = ["README.md", ...globSync("docs/*.md", { cwd: root })].map(read).join("\n")

const unnamed = (names: ReadonlyArray<string>): ReadonlyArray<string> =>
  names.filter((name) => !new RegExp(`\\b${name.replaceAll(".", "\\.")}\\b`).test(text))

/** Seats and marks of executors and workers; `isHandle` and the like tell what they make apart. */
const INNER = /^(provide|attachJob$|promiseDoor$|isHandle$|HandleTypeId$)/

it("every name that can be imported is told of", () => {
  const names = Object.keys(holdfast).filter((name) => !INNER.test(name))
  expect(names.length).toBeGreaterThan(30)
  expect(unnamed(names)).toEqual([])
})

it("every kind of event is told of", () => {
  const tags = Array.from(read("packages/core/src/PoolEvent.ts").matchAll(/_tag: "(\w+)"/g), ([, tag = ""]) => tag)
  expect(tags.length).toBeGreaterThan(15)
  expect(unnamed(tags)).toEqual([])
})

it("every method of shared objects is told of on their page", () => {
  const page = read("docs/shared.md")
  const methods = Array.from(
    read("packages/core/src/Shared.ts").matchAll(/^ {2}(\w+)(?:<A>)?\(.*\): Promise</gm),
    ([, name = ""]) => name
  )
  expect(methods.length).toBeGreaterThan(25)
  expect(methods.filter((name) => !page.includes(`\`${name}`))).toEqual([])
})
