/** Parts of documents that are made from declarations: put between two comments, tables as the formatter has them. */
import { expect } from "vitest"

/** The page with what stands between two comments replaced. */
export const withPart = (text: string, name: string, part: string): string => {
  const [start, end] = [`<!-- ${name} -->\n`, `<!-- end of ${name} -->`]
  expect(text, `the page has lost the comment ${start}`).toContain(start)
  expect(text, `the page has lost the comment ${end}`).toContain(end)
  const [before = "", rest = ""] = text.split(start)
  return `${before}${start}${part}${end}${rest.slice(rest.indexOf(end) + end.length)}`
}

/** A table as the formatter writes it: its columns under each other. */
export const aligned = (table: string): string => {
  const rows = table
    .trim()
    .split("\n")
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim())
    )
  const [head = [], , ...body] = rows
  const widths = head.map((_, column) => Math.max(3, ...[head, ...body].map((row) => row[column]?.length ?? 0)))
  const lines = [head, widths.map((width) => "-".repeat(width)), ...body]
  return `${lines.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`).join("\n")}\n`
}
