/**
 * A folder in which a document's programs stand as a reader would have them: beside each other, with `holdfast`
 * installed. It is temporary; its node_modules is a link to the workspace's, so that they run from source.
 */
import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { promisify } from "node:util"

/** The repository. */
export const root = join(import.meta.dirname, "../..")

const SOURCE = "holdfast-source"
const PATIENCE = 60_000

const tsconfig = {
  extends: join(root, "tsconfig.base.json"),
  compilerOptions: { noEmit: true, customConditions: [SOURCE] },
  // From source, what the packages declare for libraries without types belongs to the program.
  include: [".", join(root, "packages/*/src/**/*.d.ts")]
}

/** How a program ended and what it printed on stdout and stderr, in the order in which it wrote it. */
export interface Run {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly printed: string
}

export class SnippetFolder implements Disposable {
  readonly path = realpathSync(mkdtempSync(join(tmpdir(), "holdfast-snippets-")))

  constructor() {
    symlinkSync(join(root, "node_modules"), join(this.path, "node_modules"))
    this.write("package.json", `{ "type": "module", "private": true }`)
    this.write("tsconfig.json", JSON.stringify(tsconfig))
    const command = join(root, "packages/holdfast/src/bin.ts")
    this.write(".bin/holdfast", `#!/bin/sh\nexec '${process.execPath}' --conditions=${SOURCE} '${command}' "$@"`)
    chmodSync(join(this.path, ".bin/holdfast"), 0o755)
  }

  write(name: string, text: string): void {
    const path = join(this.path, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, `${text}\n`)
  }

  /** Runs a file with Node, or with bash if its name says so. Killed after a minute. */
  async run(name: string): Promise<Run> {
    const [command, flags] = name.endsWith(".sh")
      ? ["bash", ["-euo", "pipefail"]]
      : [process.execPath, [`--conditions=${SOURCE}`]]
    const log = join(this.path, `.${name.replaceAll("/", "-")}.log`)
    // One file for both, as a terminal would show them; two pipes would lose the order.
    const output = openSync(log, "a")
    try {
      const child = spawn(command, [...flags, name], {
        cwd: this.path,
        env: this.#environment,
        stdio: ["ignore", output, output],
        timeout: PATIENCE,
        killSignal: "SIGKILL"
      })
      const [exitCode, signal] = await once(child, "close")
      return { exitCode, signal, printed: readFileSync(log, "utf8") }
    } finally {
      closeSync(output)
    }
  }

  /** What the compiler has to say about the folder's TypeScript; nothing if all is well. */
  async typeErrors(): Promise<string> {
    const tsc = join(root, "node_modules/typescript/bin/tsc")
    const failed = (error: { stdout?: string; message: string }) => ({ stdout: error.stdout || error.message })
    const { stdout } = await promisify(execFile)(process.execPath, [tsc, "-p", this.path], { cwd: this.path }).catch(
      failed
    )
    return stdout.trim()
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true })
  }

  // What a reader's shell has. Vitest's own variables (NODE_ENV, VITEST, colours) are not theirs.
  get #environment(): NodeJS.ProcessEnv {
    const { PATH = "", HOME, TMPDIR, HOLDFAST_TEST_PROCESS, NODE_COMPILE_CACHE } = process.env
    const path = [join(this.path, ".bin"), join(root, "node_modules/.bin"), PATH].join(delimiter)
    return Object.fromEntries(
      Object.entries({ PATH: path, HOME, TMPDIR, HOLDFAST_TEST_PROCESS, NODE_COMPILE_CACHE }).filter(
        ([, value]) => value !== undefined
      )
    )
  }
}
