/**
 * Writes into the built `protocol/build-mark.js` what tells these files from those of any other build: a digest of all
 * of them. Before they are joined, for the mark goes into each of the joined ones.
 *
 *   node ../mark-build.mjs dist
 */
import { createHash } from "node:crypto"
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const dist = process.argv[2]
const path = join(dist, "protocol/build-mark.js")
const digest = createHash("sha256")
const files = readdirSync(dist, { recursive: true }).filter((name) => name.endsWith("js"))
for (const name of files.sort()) digest.update(`${name}\0`).update(readFileSync(join(dist, name)))
const code = readFileSync(path, "utf8")
const marked = code.replace(/(?<=buildMark = )"source"/, JSON.stringify(digest.digest("hex").slice(0, 16)))
if (marked === code) throw new Error(`${path} has no mark to replace`)
writeFileSync(path, marked)
