import { globSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, expect, it } from "vitest"
import { describeOptions } from "../../packages/supervisor/src/options/reference.ts"
import { succeed } from "./Command.ts"
import { type Manifest, manifestIn, published, root } from "./Tarballs.ts"
import { Workshop } from "./Workshop.ts"

const workshop = Workshop.open()

const repository: Manifest = manifestIn(root)

/** What the build makes of a source file. */
const builtFrom = (source: string): Array<string> => {
  if (/\.d\.[cm]?ts$/.test(source)) return []
  const [, name, letter] = /^(.*)\.([cm]?)ts$/.exec(source) ?? []
  return name === undefined ? [] : [`dist/${name}.${letter}js`, `dist/${name}.d.${letter}ts`]
}

/** All files under a folder, by their paths from there. */
const filesIn = (folder: string): Array<string> =>
  globSync("**", { cwd: folder, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()

const AROUND = ["LICENSE", "README.md", "package.json"]

describe.each(published)("the tarball of %s", (name) => {
  const manifest = manifestIn(join(root, "packages", name))
  /** The programs that npm links; they only start what is built. */
  const programs = Object.values(manifest.bin ?? {}).map((file) => join(file))
  const command = (file: string, ...args: ReadonlyArray<string>) =>
    succeed(process.execPath, [join(root, "node_modules", file), ...args, workshop.tarballs.file(name)], {
      cwd: workshop.tarballs.folder,
      temporary: workshop.tarballs.folder
    })

  it("holds the build of its sources, its commands, README, LICENSE and package.json, and nothing else", () => {
    const sources = filesIn(join(root, "packages", name, "src")).flatMap(builtFrom)
    const unexpected = filesIn(workshop.tarballs.unpacked(name)).filter(
      (file) => ![...AROUND, ...programs, ...sources].includes(file) && !/^dist\/(.*\/)?lazy-[\w-]+\.js$/.test(file)
    )
    expect(unexpected).toEqual([])
    expect(filesIn(workshop.tarballs.unpacked(name))).toEqual(
      expect.arrayContaining([...AROUND, "dist/index.js", "dist/index.d.ts"])
    )
  })

  it("mentions no source map, for there is none, and no path of the machine it was built on", () => {
    for (const file of filesIn(workshop.tarballs.unpacked(name))) {
      const text = readFileSync(join(workshop.tarballs.unpacked(name), file), "utf8")
      expect(text, file).not.toMatch(/^\/\/# sourceMappingURL=/m)
      expect(text, file).not.toContain(workshop.tarballs.folder)
      expect(text, file).not.toContain(root)
    }
  })

  it("has a declaration for every module that it has, and a module or a declaration for every path in its exports", () => {
    const files = filesIn(workshop.tarballs.unpacked(name))
    const modules = files.filter((file) => /\.c?js$/.test(file) && !file.includes("lazy-") && !programs.includes(file))
    const paths = JSON.stringify(manifest.exports).match(/\.\/dist\/[^"]+/g) ?? []
    expect(modules.map((file) => file.replace(/(c?)js$/, "d.$1ts")).filter((file) => !files.includes(file))).toEqual([])
    expect(paths.map((path) => path.slice(2)).filter((path) => !files.includes(path))).toEqual([])
    expect(paths).not.toEqual([])
  })

  it("has the programs of its commands, which a shell can start", () => {
    expect(programs).toEqual(name === "holdfast" ? ["bin/holdfast.js"] : [])
    for (const program of programs) {
      const [head] = readFileSync(join(workshop.tarballs.unpacked(name), program), "utf8").split("\n", 1)
      expect(head).toBe("#!/usr/bin/env node")
    }
  })

  it("says the same licence as the repository, in words too", () => {
    const licence = readFileSync(join(root, "LICENSE"), "utf8")
    expect(readFileSync(join(workshop.tarballs.unpacked(name), "LICENSE"), "utf8")).toBe(licence)
    expect(manifest.license).toBe(repository.license)
  })

  it("asks for the repository's Node, is public, and tells what it is", () => {
    expect(manifest.engines).toEqual(repository.engines)
    expect(manifest).toMatchObject({ type: "module", sideEffects: false, publishConfig: { access: "public" } })
    expect(manifest.description).toMatch(/\.$/)
    expect(manifest.keywords).toContain("worker-pool")
  })

  it("is of the repository's version, and depends on exactly that of the others", () => {
    expect(manifest.version).toBe(repository.version)
    const siblings = Object.entries({ ...manifest.dependencies, ...manifest.optionalDependencies }).filter(([other]) =>
      other.startsWith("@holdfast/")
    )
    expect(siblings.map(([, version]) => version)).toEqual(siblings.map(() => repository.version))
  })

  it("passes publint", async () => {
    expect((await command("publint/src/cli.js", "--strict")).stdout).toContain("All good!")
  })

  it("passes Are the types wrong? as the ES module that it is", async () => {
    const { stdout } = await command("@arethetypeswrong/cli/dist/index.js", "--profile", "esm-only", "--no-emoji")
    expect(stdout).toContain(`${manifest.name} v${manifest.version}`)
  })
})

it("the supervisor's tarball holds the programs that its code names by path: the worker, the watchdog's thread", () => {
  const dist = join(workshop.tarballs.unpacked("supervisor"), "dist")
  const files = filesIn(dist)
  // Such as `../worker/process-start.${fromSource ? "ts" : "js"}`.
  const named = files.flatMap((file) =>
    Array.from(readFileSync(join(dist, file), "utf8").matchAll(/[`"](\.{1,2}\/[\w./-]+)\.\$\{/g), ([, path = ""]) =>
      join(dirname(file), path)
    )
  )
  expect(named).toEqual(expect.arrayContaining(["worker/process-start", "watchdog/thread"]))
  expect(named.filter((path) => !files.includes(`${path}.js`) && !files.includes(`${path}.cjs`))).toEqual([])
})

it("the supervisor's types tell of each option what it does and its default, for editors to show", () => {
  const types = ["pool-table", "call-table"].map((table) =>
    readFileSync(join(workshop.tarballs.unpacked("supervisor"), `dist/options/${table}.d.ts`), "utf8")
  )
  expect(describeOptions().length).toBeGreaterThan(0)
  for (const { name, documentation } of describeOptions()) {
    expect(types.join("\n"), name).toContain(`/** ${documentation} Default: `)
  }
})

it("the core's tarball has one module, since it has one entry", () => {
  expect(filesIn(join(workshop.tarballs.unpacked("core"), "dist")).filter((file) => file.endsWith(".js"))).toEqual([
    "index.js"
  ])
})
