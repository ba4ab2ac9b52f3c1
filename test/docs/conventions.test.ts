import { existsSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { problemsOf } from "./commands.ts"
import { blocksOf } from "./markdown.ts"
import { matches, normalise } from "./printed.ts"
import { root, SnippetFolder } from "./SnippetFolder.ts"
import { checksOf } from "./snippets.ts"

const fence = "```"
const block = (info: string, text = "x"): string => `${fence}${info}\n${text}\n${fence}\n`
const checksIn = (...blocks: ReadonlyArray<string>) => checksOf(blocksOf(blocks.join("\n")))

describe("a document's code blocks", () => {
  it("are found with their language, words, text and line", () => {
    const [first, second] = blocksOf(`Hello\n\n${block("ts file=a.ts exit=1", "one\n\ntwo")}\n${block("")}`)
    expect(first).toEqual({
      language: "ts",
      words: new Map(Object.entries({ file: "a.ts", exit: "1" })),
      text: "one\n\ntwo",
      line: 3
    })
    expect(second).toMatchObject({ language: "", text: "x", line: 9 })
  })

  it("may show fences of their own inside a longer one, and stand in a list", () => {
    const shown = block("ts", "const a = 1")
    expect(blocksOf(`${fence}${fence}md\n${shown}${fence}${fence}`)).toMatchObject([{ language: "md" }])
    expect(blocksOf(`- item\n\n  ${fence}sh\n  npm ci\n  ${fence}`)).toMatchObject([{ text: "npm ci" }])
  })

  it("must be closed", () => {
    expect(() => blocksOf(`text\n${fence}ts\nconst a = 1`)).toThrow("line 2: this code block is never closed")
  })

  it("in TypeScript or JavaScript must say how they are checked", () => {
    expect(() => checksIn(block("ts"))).toThrow("line 1: a ts block needs file=NAME")
    expect(() => checksIn(block("js"))).toThrow("line 1: a js block needs file=NAME")
    expect(() => checksIn(block("ts fiel=a.ts"))).toThrow("line 1: a code block can't say fiel")
    expect(checksIn(block("text"), block(""), block("json"))).toEqual([])
  })

  it("become files, programs, output, excerpts and commands", () => {
    const tags = (...blocks: ReadonlyArray<string>) => checksIn(...blocks).map(({ _tag }) => _tag)
    expect(tags(block("ts file=a.ts"))).toEqual(["File", "Program"])
    expect(tags(block("ts file=a.ts no-run"))).toEqual(["File"])
    expect(tags(block("ts file=a.ts same-as=b/a.ts"))).toEqual(["File", "Copy", "Program"])
    expect(tags(block("json file=a.json"))).toEqual(["File"])
    expect(tags(block("ts file=a.ts"), block("text output of=a.ts"))).toEqual(["File", "Program", "Output"])
    expect(tags(block("ts excerpt-of=package.json"))).toEqual(["Excerpt"])
    expect(tags(block("sh"))).toEqual(["Commands"])
    expect(tags(block("sh file=a.sh"))).toEqual(["File", "Program"])
  })

  it("can't show the output of what doesn't run, nor be one file twice", () => {
    expect(() => checksIn(block("ts file=a.ts no-run"), block("text output of=a.ts"))).toThrow(
      "no block before it runs"
    )
    expect(() => checksIn(block("ts file=a.ts"), block("ts file=a.ts"))).toThrow("two blocks are file=a.ts")
  })
})

describe("printed text", () => {
  it("is compared without what differs from run to run", () => {
    const printed = [
      "\u001b[32m[02:31:00.123] INFO\u001b[39m (pid 4711) worker 2: done in 12.5 ms   ",
      `{"time":1790000000000,"pid":12,"msg":"2026-11-21T02:31:00.123Z"}`,
      "    at square (file:///tmp/x/square.ts:3:9), 45.2 MB after 3s"
    ]
    expect(normalise(`\n${printed.join("\r\n")}\n\n`, { "<dir>": "/tmp/x" })).toBe(
      [
        "[TIME] INFO (pid PID) worker N: done in N ms",
        `{"time":TIME,"pid":PID,"msg":"TIME"}`,
        "    at square (<dir>/square.ts:3:9), N MB after N ms"
      ].join("\n")
    )
  })

  it("keeps what matters: numbers, names, lines and columns", () => {
    expect(normalise("1000 jobs, sum 332833500, row 4:19")).toBe("1000 jobs, sum 332833500, row 4:19")
  })

  it("may be shown with … for a part of a line, or alone for any lines", () => {
    expect(matches("Error: (a) at x:1", "Error: … at x:1")).toBe(true)
    expect(matches("Error: (a)\nat x:1", "Error: …")).toBe(false)
    expect(matches("one\ntwo\nthree\nfour", "one\n…\nfour")).toBe(true)
    expect(matches("one\ntwo", "one\n…\nthree")).toBe(false)
    expect(matches("a+b", "a.b")).toBe(false)
  })
})

describe("commands for a reader's shell", () => {
  const problems = (text: string) => problemsOf(text, root, new Set(["start", "bench"]))

  it("pass where their scripts and files exist", () => {
    expect(problems("npm ci && npm start\nnpm run bench   # slow\nbash package.json | head -1")).toEqual([])
  })

  it("are refused where they don't", () => {
    expect(problems("npm ci && npm run missing")).toEqual(["package.json has no script missing"])
    expect(problems("npm test")).toEqual(["package.json has no script test"])
    expect(problems("npm strat")).toEqual(["npm has no command strat"])
    expect(problems("bash .ci/nothing")).toEqual(["there is no file .ci/nothing"])
  })
})

describe("a document's folder", () => {
  it("runs programs as if holdfast were installed there, from source", async () => {
    using folder = new SnippetFolder()
    folder.write("where.ts", `const name: string = "@holdfast/core"\nconsole.log(import.meta.resolve(name))`)
    const run = await folder.run("where.ts")
    expect(run).toMatchObject({ exitCode: 0, signal: null })
    expect(normalise(run.printed, { "<root>": root })).toBe("<root>/packages/core/src/index.ts")
  })

  it("keeps stdout and stderr in the order in which they were written, and the exit code", async () => {
    using folder = new SnippetFolder()
    folder.write("three.js", "console.log(1)\nconsole.error(2)\nconsole.log(3)\nprocess.exitCode = 3")
    expect(await folder.run("three.js")).toEqual({ exitCode: 3, signal: null, printed: "1\n2\n3\n" })
  })

  it("finds type errors across its files", async () => {
    using folder = new SnippetFolder()
    folder.write("square.ts", "export const square = (n: number) => n * n")
    folder.write("main.ts", `import { square } from "./square.ts"\nsquare(2)`)
    expect(await folder.typeErrors()).toBe("")
    folder.write("wrong.ts", `import { square } from "./square.ts"\nsquare("2")`)
    expect(await folder.typeErrors()).toContain("wrong.ts(2,8): error TS2345")
  })

  it("is gone afterwards", () => {
    const folder = new SnippetFolder()
    folder[Symbol.dispose]()
    expect(existsSync(folder.path)).toBe(false)
    expect(existsSync(`${root}/node_modules`)).toBe(true)
  })
})
