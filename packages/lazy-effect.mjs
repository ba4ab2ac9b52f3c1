/**
 * Rewrites `import * as Effect from "effect/Effect"` in the built files of the Effect door, of pipelines, and of the
 * checks of options, so that the module is loaded when it is first used. Whoever imports `createPool` alone then loads
 * no Effect: import of the package took 107 ms and takes 60, and leaves a heap of 9 MB instead of 14. Whoever uses the
 * Effect door has loaded these modules himself: the same ones, for `require` and `import` share what is loaded.
 *
 *   node ../lazy-effect.mjs dist/doors dist/options dist/pipeline
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const HEAD = `const require = process.getBuiltinModule("node:module").createRequire(import.meta.url);
const lazily = (name) => {
    let loaded;
    return new Proxy({}, { get: (_, key) => (loaded ??= require(name))[key] });
};
`
const IMPORT = /^import \* as (\w+) from ("effect\/\w+");$/gm
const ANY_IMPORT = /^import .*"effect[/"]/m

let rewritten = 0
for (const dir of process.argv.slice(2)) {
  for (const file of readdirSync(dir).filter((name) => name.endsWith(".js"))) {
    const path = join(dir, file)
    const code = readFileSync(path, "utf8")
    const lazy = code.replaceAll(IMPORT, "const $1 = lazily($2);")
    if (ANY_IMPORT.test(lazy)) throw new Error(`${path} imports effect otherwise than as \`import * as\``)
    if (lazy === code) continue
    // Imports are hoisted, so that the functions may stand before those that are left.
    writeFileSync(path, HEAD + lazy)
    rewritten++
  }
}
if (rewritten === 0) throw new Error("nothing imports effect: is this the right folder?")
