/**
 * Joins an entry that `tsc` has built with all that it imports from its own package, in place. A worker loads
 * it before its first job, and each file would cost it up to a millisecond. What is imported lazily becomes a
 * file of its own beside it, sharing the entry's code; other packages stay imports.
 *
 *   node ../bundle.mjs dist/worker/process-entry.js
 */
import { basename, dirname } from "node:path"
import { rolldown } from "rolldown"

const [entry] = process.argv.slice(2)

/**
 * A named import of a builtin makes Node read every one of its exports, some of which load further modules: a
 * worker would start 4 ms later for it (measured, of 46). Asked for as an object, only what is used is read.
 */
const lightBuiltins = {
  name: "light-builtins",
  renderChunk: (code) =>
    code.replaceAll(/^import \{([^}]*)\} from "(node:[^"]+)";$/gm, (_, names, from) => {
      const fields = names.replaceAll(/(\w+) as (\w+)/g, "$1: $2")
      return `const {${fields}} = process.getBuiltinModule("${from}");`
    })
}

const bundle = await rolldown({
  input: entry,
  external: (id) => !id.startsWith(".") && !id.startsWith("/"),
  platform: "node",
  plugins: [lightBuiltins]
})
await bundle.write({
  dir: dirname(entry),
  format: "esm",
  entryFileNames: basename(entry),
  chunkFileNames: "lazy-[name].js"
})
await bundle.close()
