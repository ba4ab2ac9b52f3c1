/**
 * The tarballs that would be published: made by `npm pack`, which builds, in a temporary copy of the packages, so
 * that they hold neither an old build nor anything that has not been copied here on purpose. Not their installation.
 */
import { cpSync, globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, symlinkSync } from "node:fs"
import { rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { succeed } from "./Command.ts"

/** The repository. */
export const root = join(import.meta.dirname, "../..")

/** The packages that are published, each after those that it depends on. */
export const published = ["core", "supervisor", "holdfast"] as const

export type Published = (typeof published)[number]

/** The fields of a package.json that the tests look at. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly type?: string
  readonly bin?: Readonly<Record<string, string>>
  readonly engines?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly [field: string]: unknown
}

/** The package.json in a folder. */
export const manifestIn = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))

const linkInto = (folder: string, names: ReadonlyArray<string>): void => {
  for (const name of names) symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name))
}

export class Tarballs implements AsyncDisposable {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), "holdfast-tarballs-")))
  readonly #copies = join(this.folder, "workspace/packages")

  /** Packs all packages. Rejects with what npm or the compiler said. */
  static async pack(): Promise<Tarballs> {
    const tarballs = new Tarballs()
    try {
      await tarballs.#pack()
      return tarballs
    } catch (error) {
      await tarballs[Symbol.asyncDispose]()
      throw error
    }
  }

  /** The tarball of a package, made by npm. */
  file(name: Published): string {
    return join(this.folder, `${name === "holdfast" ? "" : "holdfast-"}${name}-${this.version}.tgz`)
  }

  /** A folder that holds what the tarball does: what `npm install` would put into node_modules. */
  unpacked(name: Published): string {
    return join(this.folder, "unpacked", name)
  }

  readonly version = manifestIn(join(root, "packages/holdfast")).version

  async #pack(): Promise<void> {
    this.#copyWorkspace()
    for (const name of published) {
      // The folder holds a build that is not this one's, as a contributor's may.
      mkdirSync(join(this.#copies, name, "dist"), { recursive: true })
      cpSync(import.meta.filename, join(this.#copies, name, "dist/left-by-an-earlier-build.js"))
      await succeed("npm", ["pack", "--silent", "--pack-destination", this.folder], {
        cwd: join(this.#copies, name),
        temporary: this.folder
      })
      mkdirSync(this.unpacked(name), { recursive: true })
      await succeed("tar", ["-xzf", this.file(name), "--strip-components=1", "-C", this.unpacked(name)], {
        cwd: this.folder,
        temporary: this.folder
      })
    }
  }

  /** The packages beside each other as in the repository, finding each other rather than the repository's. */
  #copyWorkspace(): void {
    const workspace = dirname(this.#copies)
    mkdirSync(join(workspace, "node_modules/@holdfast"), { recursive: true })
    cpSync(join(root, "tsconfig.base.json"), join(workspace, "tsconfig.base.json"))
    for (const script of globSync("packages/*.mjs", { cwd: root })) cpSync(join(root, script), join(workspace, script))
    for (const name of published) {
      const from = join(root, "packages", name)
      const kept = readdirSync(from).filter((entry) => !["dist", "node_modules", ".turbo"].includes(entry))
      for (const entry of kept) cpSync(join(from, entry), join(this.#copies, name, entry), { recursive: true })
      const link = join(workspace, "node_modules", manifestIn(from).name)
      symlinkSync(join(this.#copies, name), link)
    }
    linkInto(
      workspace,
      readdirSync(join(root, "node_modules")).filter((name) => !["@holdfast", "holdfast", ".cache"].includes(name))
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 })
  }
}
