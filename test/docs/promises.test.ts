/** docs/promises.md is in step with the suite that proves it: the same rows, their titles, and where they hold. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "vitest"
import { type Executor, executors, type Row } from "../conformance/Row.ts"
import { rows } from "../conformance/table.ts"
import { aligned, withPart } from "./generated.ts"
import { root } from "./SnippetFolder.ts"

const page = join(root, "docs/promises.md")
const text = readFileSync(page, "utf8")

/** Each different exception once, in the order of the rows. */
const notes = [
  ...new Set(
    rows.flatMap(({ on }) => executors.map((executor) => on[executor].exception).filter((each) => each !== undefined))
  )
]

const cell = ({ on }: Row, executor: Executor): string => {
  const { play, exception } = on[executor]
  const note = exception === undefined ? "✓" : `[${notes.indexOf(exception) + 1}]`
  return play === undefined ? `– ${note}` : note
}

const table = [
  "| # | test | processes | threads | inline |",
  "| - | - | - | - | - |",
  ...rows.map(
    (row) => `| ${row.number} | ${row.title} | ${executors.map((executor) => cell(row, executor)).join(" | ")} |`
  )
].join("\n")

const generated = `\n${aligned(table)}\n${notes.map((note, at) => `${at + 1}. ${note}`).join("\n")}\n\n`

it("docs/promises.md names each row of the suite, its test, and where it does not hold", async () => {
  const stale = "docs/promises.md is stale; `npx vitest run test/docs -u` writes the generated part anew"
  await expect(withPart(text, "rows", generated), stale).toMatchFileSnapshot(page)
})

it("docs/promises.md says of each row of the suite, and of no other, what the caller gets", () => {
  const [explained = ""] = text.split("## How it is proven")
  const numbers = Array.from(explained.matchAll(/^\| (\d+) +\| \S.* \| \S.* \|$/gm), ([, number]) => Number(number))
  expect(numbers).toEqual(rows.map(({ number }) => number))
})
