/**
 * What an import is made of: the modules that our packages import from elsewhere, each imported alone in fresh
 * processes. They share much of what they load, so the times do not add up; the slowest is where to look first.
 */
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { summaryOf } from "./statistics.ts"

const bench = fileURLToPath(new URL("..", import.meta.url))
const EACH = 3

const run = (...args: Array<string>): string => {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: bench, encoding: "utf8" })
  if (status !== 0) throw new Error(`node ${args.join(" ")} failed: ${stderr}`)
  return stdout
}

/** The modules from elsewhere that our own import when `specifier` is, and how many modules are loaded in all. */
const importedBy = (specifier: string): { readonly modules: number; readonly edges: Record<string, string> } =>
  JSON.parse(run("--import", "./fresh/record-imports.mjs", "fresh/import.mjs", specifier).split("\n").at(-2) ?? "")

/** A table of them, slowest first. */
export const listSubImports = async (specifier: string): Promise<string> => {
  const { modules, edges } = importedBy(specifier)
  const timed = Object.entries(edges).map(([imported, url]) => {
    const times = Array.from({ length: EACH }, () => Number(JSON.parse(run("fresh/import.mjs", url)).measured))
    return { imported, ms: summaryOf(times).median }
  })
  const lines = timed
    .sort((a, b) => b.ms - a.ms)
    .map(({ imported, ms }) => `${ms.toFixed(1).padStart(8)} ms  ${imported}`)
  return [`${modules} modules are loaded; imported alone, median of ${EACH}:`, ...lines].join("\n")
}
