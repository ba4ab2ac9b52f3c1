import { execFile } from "node:child_process"
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { promisify } from "node:util"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { allowed, forbidden, type Place } from "./imports.ts"

const root = join(import.meta.dirname, "../..")
const run = promisify(execFile)

// Numbered through, so that every line has a file of its own in the one folder that is judged.
let number = 0
const filesOf = <P extends Place>(place: P): Array<P & { readonly source: string }> =>
  place.sources.map((source) => ({ ...place, file: place.file.replace("*", `case-${++number}`), source }))

const offences = forbidden.flatMap(filesOf)
const neighbours = allowed.flatMap(filesOf)

interface Diagnostic {
  readonly message: string
  readonly category: string
  readonly location: { readonly path: string }
}

let diagnostics: ReadonlyArray<Diagnostic> = []
let workspace = ""

/** Lints a folder with the rules it contains. Biome exits with 1 when it finds something, which is the point here. */
const lint = async (folder: string): Promise<ReadonlyArray<Diagnostic>> => {
  const biome = join(root, "node_modules/@biomejs/biome/bin/biome")
  const flags = ["lint", "--reporter=json", "--max-diagnostics=none", "."]
  const { stdout } = await run(process.execPath, [biome, ...flags], { cwd: folder }).catch(
    (error: { stdout: string }) => error
  )
  return JSON.parse(stdout).diagnostics
}

const about = (file: string): Array<string> =>
  diagnostics.filter(({ location }) => location.path === file).map(({ category, message }) => `${category}: ${message}`)

// One folder laid out like the repository, with its biome.json, its plugins and its manifests, judged in one run.
beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), "holdfast-layers-"))
  const manifests = ["core", "supervisor", "holdfast", "examples"].map((name) => `packages/${name}/package.json`)
  for (const path of ["biome.json", "lint", "package.json", ...manifests]) {
    await cp(join(root, path), join(workspace, path), { recursive: true })
  }
  for (const { file, source } of [...offences, ...neighbours]) {
    await mkdir(dirname(join(workspace, file)), { recursive: true })
    await writeFile(join(workspace, file), `${source}\n`)
  }
  diagnostics = await lint(workspace)
})

afterAll(() => rm(workspace, { recursive: true, force: true }))

const title = ({ source, file }: { source: string; file: string }): string => `${source.split("\n")[0]} in ${file}`

describe("lint reports", () => {
  for (const offence of offences) {
    it(title(offence), () => {
      expect(about(offence.file)).toContainEqual(expect.stringContaining(offence.says))
    })
  }
})

describe("lint lets pass", () => {
  for (const neighbour of neighbours) {
    it(title(neighbour), () => {
      expect(about(neighbour.file)).toEqual([])
    })
  }
})
