/** Which files the walk finds, and in which order. */
import { mkdirSync, rmSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { type Found, walk } from "../../packages/examples/src/census/walk.ts"
import { tree } from "./tree.ts"

const all = async (walked: AsyncIterable<Found>): Promise<Array<Found>> => {
  const found: Array<Found> = []
  for await (const each of walked) found.push(each)
  return found
}

const paths = async (root: string) => (await all(walk(root))).map(({ path }) => path)

describe("the walk", () => {
  it("finds source files of all extensions at any depth, and nothing else", async () => {
    const wanted = ["a.js", "b.mjs", "c.cjs", "d.ts", "e.d.ts", "f.mts", "g.cts", "x/y/z/.hidden/h.js"]
    const others = ["a.jsx", "b.json", "c.js.map", "js", "d.js/readme.md", "e.node"]
    const root = tree(Object.fromEntries([...wanted, ...others].map((path) => [path, ""])))
    expect(await paths(root)).toEqual(wanted)
  })

  it("goes in the order of whole paths, by code units", async () => {
    const files = ["a.js", "a/b.js", "a-b/c.js", "B.js", "ä.js", "a/b/c.js", "a0.js", "10.js", "9.js"]
    const root = tree(Object.fromEntries(files.map((path) => [path, ""])))
    expect(await paths(root)).toEqual(files.toSorted())
  })

  it("follows no symbolic link, be it a loop, a linked package or a linked file", async () => {
    const root = tree({ "a/real.js": "", "outside/b.js": "" })
    symlinkSync("..", join(root, "a", "loop"))
    symlinkSync(join(root, "outside"), join(root, "a", "linked"))
    symlinkSync("real.js", join(root, "a", "link.js"))
    expect(await paths(root)).toEqual(["a/real.js", "outside/b.js"])
  })

  it("leaves out the caches of tools: hidden directories directly below the root", async () => {
    expect(await paths(tree({ ".vite/a.js": "", "b/.c/d.js": "", ".e.js": "" }))).toEqual([".e.js", "b/.c/d.js"])
  })

  it("takes a directory named like a file for a directory", async () => {
    const root = tree({ "a.js/b.js": "" })
    mkdirSync(join(root, "empty.js"))
    expect(await paths(root)).toEqual(["a.js/b.js"])
  })

  it("reads a directory only when it gets there, tells of one that can't be read, and goes on", async () => {
    const root = tree({ "a.js": "", "b/c.js": "", "d.js": "" })
    const found = walk(root)
    expect((await found.next()).value).toEqual({ _tag: "File", path: "a.js" })
    rmSync(join(root, "b"), { recursive: true })
    expect(await all(found)).toEqual([
      { _tag: "Closed", path: "b/", reason: "ENOENT: no such file or directory" },
      { _tag: "File", path: "d.js" }
    ])
  })
})
