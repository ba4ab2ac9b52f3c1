/** The example of a pipeline, as its reader runs it, on files whose identifiers are known. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { run } from "./run.ts"

test("identifiers ranks the words of a folder's sources, and tells of what it could not read", {
  timeout: 90_000
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-identifiers-"))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, "deep", "er"), { recursive: true })
  const write = (name: string, content: string | Uint8Array) => writeFileSync(join(folder, name), content)
  for (let n = 0; n < 60; n++)
    write(
      n % 2 === 0 ? `deep/f${n}.ts` : `deep/er/f${n}.mjs`,
      `const alpha = beta(alpha) // alpha\nalpha("beta", ${n})\n`
    )
  write("gamma.ts", "gamma\n".repeat(100))
  write("empty.ts", "\n")
  write("binary.js", Uint8Array.of(0xff, 0xfe, 0x00))
  write("not-source.txt", "delta ".repeat(1000))
  const { code, stdout, stderr } = await run("identifiers/main.ts", folder, "3")
  expect({ code, stdout }).toMatchObject({ code: 0 })
  const [first, second, third, blank, head, , ...table] = stdout.split("\n")
  expect([first, second, third, blank]).toEqual(["   180  alpha", "   100  gamma", "    60  beta", ""])
  expect(head).toMatch(/^pipeline identifiers: ended, 63 read, 3 out in \d+\.\d s/)
  const cells = (row: string | undefined) => row?.split(/ {2,}/).slice(0, 8)
  expect(cells(table[0])).toEqual(["read", "63", "62", "1", "1", "0", "0", "0"])
  expect(cells(table[1])).toEqual(["not empty", "62", "61", "0", "0", "1", "0", "0"])
  expect(cells(table[2])).toEqual(["identifiers", "61", "61", "0", "0", "0", "0", "0"])
  expect(cells(table[3])).toEqual(["25 files", "61", "3", "0", "0", "0", "0", "0"])
  expect(cells(table[4])).toEqual(["count", "3", "3", "0", "0", "0", "0", "0"])
  expect(stderr).toMatch(/^left out \S+binary\.js: .*not valid/m)
})
