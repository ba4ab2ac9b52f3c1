import { execFileSync } from "node:child_process"
import { pathToFileURL } from "node:url"
import { Task } from "@holdfast/core"
import { expect, it } from "vitest"

const root = new URL("../../", import.meta.url)
const source = new URL("packages/core/src/index.ts", root).href

it("runs the workspace's packages from source in a test", () => {
  const failure = (() => {
    try {
      return Task.fn({ url: "" }, "", () => 1)
    } catch (error) {
      return error
    }
  })()
  expect(failure).toBeInstanceOf(TypeError)
  expect(String(Reflect.get(Object(failure), "stack"))).toContain("packages/core/src/Task.ts")
})

it("runs them from source in what a test spawns with its own process.execArgv", () => {
  const script = `process.stdout.write(import.meta.resolve("@holdfast/core", ${JSON.stringify(root.href)}))`
  const flags = [...process.execArgv, "--input-type=module", "-e", script]
  const options = { cwd: new URL(".", root), encoding: "utf8" } as const
  expect(execFileSync(process.execPath, flags, options)).toBe(source)
})

it("runs on the Node that the workspace pins", () => {
  const pinned = new URL("node_modules/node/bin/node", root)
  expect(pathToFileURL(process.execPath).href).toBe(pinned.href)
})
