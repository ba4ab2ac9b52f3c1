/**
 * A cold start of the floor: `fork` to the first answer. Arguments: the child's module, and how many to start, of
 * which the first to answer counts.
 */
import { fork } from "node:child_process"

const [module, count] = process.argv.slice(2)

const startedAt = performance.now()
const children = Array.from({ length: Number(count) }, () => fork(new URL(module, import.meta.url)))
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
