/**
 * The first lines of a worker process: they have Node keep on disk what it compiles, for the next worker to find, and
 * go on to `process-entry.ts`, where the work begins. Nothing is imported before that, for only what is imported after
 * it is kept. Not what is kept, nor how it is checked: that is Node's own.
 */
const { dirname, join } = process.getBuiltinModule("node:path")

/**
 * A folder of the project's own, beside what it has installed: whoever may write there may change the programs, too.
 * In a shared one, such as /tmp, others could put something in that this process would then run.
 */
const cacheFolder = (): string | undefined => {
  const own = import.meta.dirname
  const installed = own.search(/[\\/]node_modules[\\/]/)
  if (installed !== -1) return join(own.slice(0, installed), "node_modules", ".cache", "holdfast")
  const { existsSync } = process.getBuiltinModule("node:fs")
  for (let folder = own; folder !== dirname(folder); folder = dirname(folder)) {
    const modules = join(folder, "node_modules")
    if (existsSync(modules)) return join(modules, ".cache", "holdfast")
  }
  return undefined
}

// Whoever counts what was executed is told less of functions that were not compiled.
if (import.meta.url.endsWith(".js") && process.env.NODE_V8_COVERAGE === undefined) {
  const folder = cacheFolder()
  // Fails quietly where nothing can be written, and does nothing where NODE_COMPILE_CACHE names a folder already.
  if (folder !== undefined) process.getBuiltinModule("node:module").enableCompileCache(folder)
}

await import("./process-entry.ts")
