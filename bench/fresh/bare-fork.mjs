/**
 * A cold start of the floor: `fork` to the first answer. Arguments: the child's module, how many to start, of which the
 * first to answer counts, and `kept` for children that have Node keep what it compiles, as ours do.
 */
import { fork } from "node:child_process"
import { fileURLToPath } from "node:url"

const [module, count, kept] = process.argv.slice(2)
const folder = fileURLToPath(new URL("../../node_modules/.cache/holdfast-bench", import.meta.url))
const env = kept === "kept" ? { ...process.env, NODE_COMPILE_CACHE: folder } : process.env

const startedAt = performance.now()
const children = Array.from({ length: Number(count) }, () => fork(new URL(module, import.meta.url), { env }))
const result = await Promise.race(
  children.map((child) => {
    child.send(7)
    return new Promise((resolve) => child.once("message", resolve))
  })
)
const measured = performance.now() - startedAt
// Only now: what loads it (and strips its types) would warm the parent up.
const { digestOf } = await import("../runner/digest.ts")
console.log(JSON.stringify({ measured, count: 1, digest: digestOf([result]) }))
for (const child of children) child.disconnect()
