/**
 * A user's project in a temporary folder outside of the repository, with Holdfast installed from its tarballs, and
 * what a user does in it: write files, run them with plain Node, compile them. Not what is checked about them.
 */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from "node:fs"
import { rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { blocksOf } from "../docs/markdown.ts"
import { type Ended, run, succeed } from "./Command.ts"
import { type Layout, layOut } from "./layout.ts"
import { root, type Tarballs } from "./Tarballs.ts"

export interface ProjectOptions {
  /** The name of its folder, which programs see in their paths. */
  readonly name?: string
  /** Fields of its package.json besides `private`. Default: `{ type: "module" }`. */
  readonly manifest?: Readonly<Record<string, unknown>>
}

export interface InstallOptions {
  /** What the project depends on besides `holdfast`, by name. */
  readonly and?: ReadonlyArray<string>
  /** What can't be installed there, as an optional dependency may not be. */
  readonly without?: ReadonlyArray<string>
}

export class Project implements AsyncDisposable {
  /** For what its commands keep for themselves. */
  readonly temporary = realpathSync(mkdtempSync(join(tmpdir(), "holdfast-project-")))
  readonly folder: string

  constructor({ name = "project", manifest = { type: "module" } }: ProjectOptions = {}) {
    this.folder = join(this.temporary, name)
    this.write("package.json", JSON.stringify({ private: true, ...manifest }))
  }

  /** Installs Holdfast without a registry. */
  install(tarballs: Tarballs, layout: Layout, { and = [], without = [] }: InstallOptions = {}): this {
    layOut(this.folder, layout, { tarballs, dependencies: ["holdfast", ...and], without })
    return this
  }

  write(name: string, text: string): this {
    const path = join(this.folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    return this
  }

  /** Runs a program with Node and nothing else, as `node main.ts` would, in the project or another folder. */
  node(program: string, { flags = [], cwd = this.folder }: { flags?: ReadonlyArray<string>; cwd?: string } = {}) {
    return run(process.execPath, [...flags, program], { cwd, temporary: this.temporary })
  }

  /** Runs any other command; rejects with what it printed unless it ends well. */
  command(command: string, args: ReadonlyArray<string>): Promise<Ended> {
    return succeed(command, args, { cwd: this.folder, temporary: this.temporary })
  }

  /** What the compiler has to say, with these options over those of a strict project that checks its libraries too. */
  async typeErrors(options: Readonly<Record<string, unknown>>, files: ReadonlyArray<string>): Promise<Array<string>> {
    const compilerOptions = {
      strict: true,
      skipLibCheck: false,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noEmit: true,
      target: "es2024",
      types: ["node"],
      ...options
    }
    this.write("tsconfig.json", JSON.stringify({ compilerOptions, files }))
    const tsc = join(root, "node_modules/typescript/bin/tsc")
    const { stdout, stderr } = await run(process.execPath, [tsc, "-p", "."], {
      cwd: this.folder,
      temporary: this.temporary
    })
    return `${stdout}${stderr}`.split("\n").filter((line) => line !== "")
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.temporary, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** A program of a document in the repository, and what it is said to print. */
export interface DocumentedProgram {
  readonly text: string
  readonly output: string
}

/** A program that a document shows. Throws if it is not there or nothing is said of its output. */
export const programOf = (document: string, name: string): DocumentedProgram => {
  const blocks = blocksOf(readFileSync(join(root, document), "utf8"))
  const program = blocks.find(({ words }) => words.get("file") === name)
  const output = blocks.find(({ words }) => words.get("of") === name)
  if (program === undefined || output === undefined)
    throw new Error(`${document} shows no program ${name}, or no output of it`)
  return { text: `${program.text}\n`, output: `${output.text}\n` }
}
