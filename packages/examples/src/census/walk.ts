/**
 * Finds source files: a walk of a directory tree, lazy and in the order of paths. It reads directories, never
 * files, and follows no symbolic link: so loops end it nowhere, and a workspace's own packages, which npm links
 * into `node_modules`, are left out whether they are built or not. Hidden directories directly below the root are
 * left out too: in `node_modules` they are no packages but the caches of tools, which come and go.
 */
import type { Dirent } from "node:fs"
import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { refusal } from "./refusal.ts"

const source = /\.[cm]?[jt]s$/

/** A source file, or a directory that would not be read. `path` is relative to the root, with `/` in between. */
export type Found =
  | { readonly _tag: "File"; readonly path: string }
  | { readonly _tag: "Closed"; readonly path: string; readonly reason: string }

// As a part of a path, a directory's name goes before its slash: "a.js" sorts before "a/b.js".
const sortKey = (entry: Dirent): string => (entry.isDirectory() ? `${entry.name}/` : entry.name)

/**
 * The source files below `root`: `.js`, `.mjs`, `.cjs`, `.ts`, `.mts`, `.cts`, sorted by path (code units, the
 * same in every locale).
 *
 * @example
 * for await (const found of walk("/app/node_modules")) console.log(found.path)
 */
export async function* walk(root: string, below = ""): AsyncGenerator<Found> {
  let entries: Array<Dirent>
  try {
    entries = await readdir(join(root, below), { withFileTypes: true })
  } catch (error) {
    yield { _tag: "Closed", path: below, reason: refusal(error) }
    return
  }
  const sorted = entries.map((entry) => ({ entry, key: sortKey(entry) })).sort((a, b) => (a.key < b.key ? -1 : 1))
  for (const { entry, key } of sorted) {
    if (below === "" && entry.isDirectory() && key.startsWith(".")) continue
    if (entry.isDirectory()) yield* walk(root, below + key)
    else if (entry.isFile() && source.test(key)) yield { _tag: "File", path: below + key }
  }
}
