/**
 * How npm and pnpm lay out node_modules, done without a registry: our packages from their tarballs, all others as
 * links to what the repository has installed. An undeclared dependency of ours is found in neither where the real
 * layout would not have it; the strict one leaves out pnpm's hidden hoisting and is stricter than pnpm's default.
 */
import { cpSync, existsSync, mkdirSync, symlinkSync } from "node:fs"
import { dirname, join } from "node:path"
import { type Manifest, manifestIn, published, root, type Tarballs } from "./Tarballs.ts"

/** `flat` is npm's, `strict` is pnpm's. */
export type Layout = "flat" | "strict"

export interface Wanted {
  readonly tarballs: Tarballs
  /** What the project's own package.json asks for. */
  readonly dependencies: ReadonlyArray<string>
  /** What could not be installed, as an optional dependency may not be. */
  readonly without: ReadonlyArray<string>
}

const installed = join(root, "node_modules")

const dependenciesOf = ({ dependencies, optionalDependencies }: Manifest): Array<string> =>
  Object.keys({ ...dependencies, ...optionalDependencies })

const isOptional = ({ optionalDependencies }: Manifest, name: string): boolean => name in (optionalDependencies ?? {})

const link = (target: string, path: string): void => {
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(target, path)
}

/** The folders of our unpacked packages, by name. */
const ownPackages = (tarballs: Tarballs): Map<string, string> =>
  new Map(published.map((each) => [manifestIn(tarballs.unpacked(each)).name, tarballs.unpacked(each)]))

/** Commands of a package, as npm links them. */
const linkCommands = (nodeModules: string, name: string): void => {
  for (const [command, file] of Object.entries(manifestIn(join(nodeModules, name)).bin ?? {})) {
    link(join("..", name, file), join(nodeModules, ".bin", command))
  }
}

/** Everything beside each other at the top, whoever depends on it. */
const layOutFlat = (nodeModules: string, { tarballs, dependencies, without }: Wanted): void => {
  const own = ownPackages(tarballs)
  const placed = new Set<string>(without)
  const place = (name: string, optional: boolean, from: string | undefined): void => {
    // A version of its own, inside of what is linked already.
    if (from !== undefined && existsSync(join(from, "node_modules", name))) return
    if (placed.has(name)) return
    const unpacked = own.get(name)
    const source = unpacked ?? join(installed, name)
    if (!existsSync(source)) {
      if (optional) return
      throw new Error(`${name}, which ${from ?? "the project"} depends on, is not installed in the repository`)
    }
    placed.add(name)
    if (unpacked === undefined) link(source, join(nodeModules, name))
    else cpSync(unpacked, join(nodeModules, name), { recursive: true })
    const manifest = manifestIn(source)
    for (const each of dependenciesOf(manifest)) place(each, isOptional(manifest, each), source)
  }
  for (const name of dependencies) place(name, false, undefined)
}

/** Each of our packages in a place of its own, where it finds what it declares and nothing else. */
const layOutStrict = (nodeModules: string, { tarballs, dependencies, without }: Wanted): void => {
  const own = ownPackages(tarballs)
  const storeOf = (name: string): string =>
    join(nodeModules, ".pnpm", `${name.replace("/", "+")}@${tarballs.version}`, "node_modules")
  const placeOf = (name: string): string => (own.has(name) ? join(storeOf(name), name) : join(installed, name))
  for (const [name, unpacked] of own) {
    cpSync(unpacked, placeOf(name), { recursive: true })
    for (const each of dependenciesOf(manifestIn(unpacked))) {
      if (!without.includes(each)) link(placeOf(each), join(storeOf(name), each))
    }
  }
  for (const name of dependencies) link(placeOf(name), join(nodeModules, name))
}

/** Fills a project's node_modules. */
export const layOut = (folder: string, layout: Layout, wanted: Wanted): void => {
  const nodeModules = join(folder, "node_modules")
  mkdirSync(nodeModules)
  if (layout === "flat") layOutFlat(nodeModules, wanted)
  else layOutStrict(nodeModules, wanted)
  for (const name of wanted.dependencies) linkCommands(nodeModules, name)
}
