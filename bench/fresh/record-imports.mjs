/**
 * Loaded before a program (`--import`): at its end, prints which modules from elsewhere our packages' modules had
 * imported, by their specifier, with their URL, and how many modules were loaded in all.
 */
import { registerHooks } from "node:module"

const OURS = /\/packages\/(core|supervisor|holdfast)\/dist\//
const edges = {}
let modules = 0

registerHooks({
  resolve: (specifier, context, next) => {
    const resolved = next(specifier, context)
    if (OURS.test(context.parentURL ?? "") && !OURS.test(resolved.url)) edges[specifier] = resolved.url
    return resolved
  },
  load: (url, context, next) => {
    if (!url.startsWith("node:")) modules++
    return next(url, context)
  }
})

process.on("exit", () => console.log(JSON.stringify({ modules, edges })))
