/** What is found out about one file, without a pool. */
import { createHash } from "node:crypto"
import { mkdirSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { gunzipSync, gzipSync } from "node:zlib"
import { describe, expect, it } from "vitest"
import { examineFile } from "../../packages/examples/src/census/task.ts"
import { tree } from "./tree.ts"

const examined = (path: string, content: string | Uint8Array) => examineFile({ root: tree({ [path]: content }), path })

describe("a file of the census", () => {
  it("is hashed, compressed and measured", () => {
    const content = "const a = 1\n\nconst bcd = '✓'\n"
    const zipped = gzipSync(content)
    expect(gunzipSync(zipped).toString()).toBe(content)
    expect(examined("a.js", content)).toEqual({
      _tag: "Counted",
      bytes: 31,
      gzip: zipped.length,
      sha256: createHash("sha256").update(content).digest("hex"),
      lines: 3,
      longestLine: 15,
      functions: 0,
      imports: 0
    })
  })

  it("has its functions with a body counted, wherever they stand", () => {
    const source = `
      function a() { return () => function () {} }
      class B { c() {} get d() { return 1 } static #e = async () => {} }
      const f = { g() {}, async *h() {} }`
    expect(examined("a.mjs", source)).toMatchObject({ _tag: "Counted", functions: 8 })
  })

  it("has each way to import counted once, and no other export or call", () => {
    const source = `
      import a from "a"
      import "b"
      export * from "c"
      export { d } from "d"
      export const e = import("e")
      const f = require("f")
      require(f)
      other("g")`
    expect(examined("a.js", source)).toMatchObject({ _tag: "Counted", imports: 6 })
    expect(examined("a.cts", `import b = require("b")\nimport type { C } from "c"`)).toMatchObject({ imports: 2 })
  })

  it("may be a declaration file, whose functions have no body", () => {
    const source = `export declare function a(): void\nexport declare class B { c(): void }\n`
    expect(examined("a.d.ts", source)).toMatchObject({ _tag: "Counted", lines: 2, functions: 0, imports: 0 })
  })

  it("may be empty", () => {
    expect(examined("a.js", "")).toMatchObject({ _tag: "Counted", bytes: 0, lines: 0, longestLine: 0, functions: 0 })
  })

  it.each([
    ["ends in a newline", "ab\nc\n", 2, 2],
    ["does not end in a newline", "ab\nc", 2, 2],
    ["ends its lines as Windows does", "ab\r\nc\r\n", 2, 2],
    ["is one newline", "\n", 1, 0],
    ["begins with a byte order mark", "\uFEFFab\n", 1, 2]
  ])("has its lines counted when it %s", (_, content, lines, longestLine) => {
    expect(examined("a.js", content)).toMatchObject({ _tag: "Counted", lines, longestLine })
  })

  it.each([
    ["a syntax error", "const a = 1\nconst b = ;\n", 2, 11],
    ["one after a byte order mark", "\uFEFFconst b = ;", 1, 11],
    ["one after Windows newlines and an emoji", "'a'\r\n\r\n'😀'; let b = ;", 3, 15]
  ])("with %s is told with line, column and message, and keeps its measures", (_, content, line, column) => {
    const bytes = Buffer.byteLength(content)
    const report = examined("a.js", content)
    expect(report).toMatchObject({ _tag: "Unparsed", bytes, line, column, message: "Unexpected token" })
  })

  it("of binary garbage does not parse", () => {
    const garbage = Uint8Array.from({ length: 4096 }, (_, index) => (index * 197 + 31) % 256)
    expect(examined("a.js", garbage)).toMatchObject({ _tag: "Unparsed", bytes: 4096, line: 1 })
  })

  it("is read as what its extension says", () => {
    expect(examined("a.ts", "let a: number")).toMatchObject({ _tag: "Counted" })
    expect(examined("a.js", "let a: number")).toMatchObject({ _tag: "Unparsed" })
    expect(examined("a.cjs", "with (a) { return }")).toMatchObject({ _tag: "Counted" })
    expect(examined("a.mjs", "return")).toMatchObject({ _tag: "Unparsed" })
  })

  it("may be a bundle of several megabytes on one line", () => {
    const source = "a=function(){return b};".repeat(200_000)
    const length = source.length
    expect(examined("a.js", source)).toMatchObject({ bytes: length, lines: 1, longestLine: length, functions: 200_000 })
  })

  it("that can't be read is told with the system's reason, less any path", () => {
    const root = tree({})
    mkdirSync(join(root, "directory.js"))
    symlinkSync("nowhere", join(root, "dangling.js"))
    const reason = (path: string) => examineFile({ root, path })
    expect(reason("directory.js")).toEqual({
      _tag: "Unreadable",
      reason: "EISDIR: illegal operation on a directory"
    })
    expect(reason("dangling.js")).toEqual({ _tag: "Unreadable", reason: "ENOENT: no such file or directory" })
  })
})
