/** On a Node that is too old, making a pool says so, before any worker starts. */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { refuseOldNode } from "../../packages/supervisor/src/pool/node-version.ts"

const root = new URL("../../", import.meta.url)

describe("the version of Node", () => {
  it.each(["22.19.0", "22.20.1", "23.0.0", "26.10.0", "30.1.0-nightly2027"])("%s will do", (version) => {
    expect(() => refuseOldNode(version, "createPool")).not.toThrow()
  })

  it.each(["18.20.4", "20.20.2", "22.18.0", "22.9.0"])("%s is refused by name, with what to do", (version) => {
    const needed = `createPool needs Node 22.19 or newer, and this is Node ${version} (${process.execPath})`
    expect(() => refuseOldNode(version, "createPool")).toThrow(needed)
    expect(() => refuseOldNode(version, "createPool")).toThrow("npx -p node@26")
  })

  it.each(["core", "supervisor", "holdfast"])("that %s names in `engines` is the one that is asked for", (name) => {
    const { engines } = JSON.parse(readFileSync(new URL(`packages/${name}/package.json`, root), "utf8"))
    const [, least] = engines.node.match(/^>=(\d+\.\d+)$/)
    expect(() => refuseOldNode(`${least}.0`, "createPool")).not.toThrow()
    expect(() => refuseOldNode(`22.${Number(least.split(".")[1]) - 1}.0`, "createPool")).toThrow()
  })
})
