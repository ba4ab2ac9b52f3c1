/** A cold start of the floor that a supervised worker has: a process like ours, with what it has to start, and no pool. */
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

const folder = fileURLToPath(new URL("../../node_modules/.cache/holdfast-bench", import.meta.url))
const module = new URL("../tasks/square.mjs", import.meta.url).href

const startedAt = performance.now()
const child = spawn(
  process.execPath,
  ["--conditions=holdfast-worker", fileURLToPath(new URL("guarded-child.mjs", import.meta.url))],
  { stdio: ["ignore", "pipe", "pipe", "pipe"], detached: true, env: { ...process.env, NODE_COMPILE_CACHE: folder } }
)
const channel = /** @type {import("node:net").Socket} */ (child.stdio[3])
channel.write(JSON.stringify({ module, name: "square", input: 7 }))
const result = await new Promise((resolve) => channel.once("data", (bytes) => resolve(JSON.parse(String(bytes)))))
const measured = performance.now() - startedAt
// Only now: what loads it (and strips its types) would warm the parent up.
const { digestOf } = await import("../runner/digest.ts")
console.log(JSON.stringify({ measured, count: 1, digest: digestOf([result]) }))
channel.end()
