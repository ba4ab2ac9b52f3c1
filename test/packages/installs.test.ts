/** The real installers with the real registry, which `npm ci` needs as well. Each has an end, whatever becomes of it. */
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import { expect, it } from "vitest"
import { programOf } from "./Project.ts"
import { root } from "./Tarballs.ts"
import { Workshop } from "./Workshop.ts"

const workshop = Workshop.open()
const first = programOf("README.md", "primes.ts")
const ran = { exitCode: 0, signal: null, stdout: first.output, stderr: "" }

/** `@holdfast/*` is not asked of the registry, which has other versions of it or none. */
const overrides = () => ({
  "@holdfast/core": `file:${workshop.tarballs.file("core")}`,
  "@holdfast/supervisor": `file:${workshop.tarballs.file("supervisor")}`
})

/** An install whose registry does not answer fails within seconds rather than minutes. */
const PATIENCE = ["--fetch-retries=1", "--fetch-timeout=15000", "--fetch-retry-mintimeout=500"]

it("npm installs it from the tarball, with nothing missing, invalid or left over, and the first program runs", async () => {
  const project = workshop.newProject({ manifest: { type: "module", overrides: overrides() } })
  await project.command("npm", ["install", "--no-audit", "--no-fund", ...PATIENCE, workshop.tarballs.file("holdfast")])
  await project.command("npm", ["ls", "--all"])
  const manifest = JSON.parse(readFileSync(join(project.folder, "package.json"), "utf8"))
  expect(Object.keys(manifest.dependencies)).toEqual(["holdfast"])
  expect(await project.write("primes.ts", first.text).node("primes.ts")).toEqual(ran)
}, 180_000)

it("pnpm installs it into its strict layout, where only holdfast can be imported, and the first program runs", async () => {
  const project = workshop.newProject({ manifest: { type: "module", pnpm: { overrides: overrides() } } })
  const pnpm = join(root, "node_modules/pnpm/bin/pnpm.cjs")
  const store = join(project.temporary, "store")
  await project.command(process.execPath, [
    pnpm,
    "add",
    ...PATIENCE,
    `--store-dir=${store}`,
    workshop.tarballs.file("holdfast")
  ])
  const require = createRequire(join(project.folder, "main.js"))
  expect(() => require.resolve("@holdfast/core")).toThrow("Cannot find module '@holdfast/core'")
  expect(await project.write("primes.ts", first.text).node("primes.ts")).toEqual(ran)
}, 180_000)
