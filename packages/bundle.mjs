/**
 * Joins an entry that `tsc` has built with all that it imports from its own package, in place. A worker loads
 * it before its first job, a program before its first line, and each file would cost it up to a millisecond, and 8 KB
 * of its heap. What is imported lazily becomes a file of its own beside it, sharing the entry's code; other packages
 * stay imports.
 *
 *   node ../bundle.mjs dist/worker/process-entry.js
 *   node ../bundle.mjs --sole dist/index.js    # the package has no other entry: what it joins is not kept
 *   node ../bundle.mjs --with=effect dist/bin.js    # joined with what it uses of that package as well
 *   node ../bundle.mjs --with=effect --but=effect/Schema dist/bin.js    # but for that module of it
 *   node ../bundle.mjs --apart=worker/store-tasks dist/doors/names.js    # but for that module, which stays a file
 */
import { readdirSync, readFileSync, rmSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { rolldown } from "rolldown"

const entry = process.argv.at(-1)
const flags = process.argv.slice(2, -1)
const isSole = flags.includes("--sole")
/** A module whose tasks workers load by its address. */
const apart = flags.flatMap((flag) => (flag.startsWith("--apart=") ? flag.slice("--apart=".length) : []))
const joined = flags.flatMap((flag) => (flag.startsWith("--with=") ? flag.slice("--with=".length) : []))
/** A schema of the user's is of the Effect that is installed, and another copy can't read it. */
const unjoined = flags.flatMap((flag) => (flag.startsWith("--but=") ? flag.slice("--but=".length) : []))
const dir = dirname(entry)

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

const TIMERS = ["clearImmediate", "clearInterval", "clearTimeout", "setImmediate", "setInterval", "setTimeout"]

/**
 * A test of a program that fakes its timers, as `vi.useFakeTimers()` and `mock.timers` of `node:test` do, fakes no
 * supervisor: every job would wait for ever. What is real when this is loaded stays so in it. From source it does not,
 * for our own tests move such a clock by hand.
 */
const ownTimers = {
  name: "own-timers",
  renderChunk: (code) => {
    // The command is nobody's test, and Effect, which is joined with it, has a `setImmediate` of its own.
    if (joined.length > 0) return code
    const used = TIMERS.filter((name) => new RegExp(`\\b${name}\\(`).test(code))
    // A task may put in another, after which its worker would begin nothing any more.
    if (/\bPromise\b/.test(code)) used.push("Promise")
    const own = used.length === 0 ? "" : `const { ${used.join(", ")} } = globalThis;\n`
    const hrtime = code.includes("process.hrtime(") ? "const ownHrtime = process.hrtime;\n" : ""
    // Its method, for which a test may put in another (`vi.spyOn(performance, "now")`), and not the object alone.
    const now = code.includes("performance.now(") ? "const ownNow = performance.now.bind(performance);\n" : ""
    return (
      own + hrtime + now + code.replaceAll("process.hrtime(", "ownHrtime(").replaceAll("performance.now(", "ownNow(")
    )
  }
}

/** One character that is not of Latin-1, and V8 keeps all of the text with two bytes for each. */
const asciiText = {
  name: "ascii-text",
  generateBundle: (_, bundle) => {
    for (const file of Object.values(bundle)) {
      if (file.type !== "chunk") continue
      const escaped = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`
      file.code = file.code.replaceAll(/[^\0-\x7f]/g, escaped)
    }
  }
}

/** Whoever copies code copies its licence with it. */
const licences = joined.map((name) => {
  const text = readFileSync(join(import.meta.dirname, "../node_modules", name, "LICENSE"), "utf8")
  return `/*!\n * Parts of ${name} are in this file. Its licence:\n *\n${text.trim().replaceAll(/^/gm, " * ")}\n */`
})

const bundle = await rolldown({
  input: entry,
  external: (id) =>
    apart.some((name) => id.endsWith(`/${name}.js`)) ||
    unjoined.includes(id) ||
    (!/^[./]/.test(id) && !joined.some((name) => id === name || id.startsWith(`${name}/`))),
  platform: "node",
  plugins: [lightBuiltins, ownTimers, asciiText],
  // Else each joined file is headed by its path from here, which tells where the package was built.
  experimental: { attachDebugInfo: "none" }
})
const { output } = await bundle.write({
  dir,
  format: "esm",
  // Whoever loads it keeps its text in memory.
  comments: { legal: true, annotation: false, jsdoc: false },
  banner: ({ moduleIds }) => (moduleIds.some((id) => id.includes("node_modules")) ? licences.join("\n") : ""),
  entryFileNames: basename(entry),
  // By its entry's name: it imports that one, and each entry of a folder has its own.
  chunkFileNames: `lazy-${basename(entry, ".js")}-[name].js`
})
await bundle.close()

if (isSole) {
  const kept = new Set(output.map(({ fileName }) => fileName))
  const built = readdirSync(dir, { recursive: true })
  for (const file of built) if (file.endsWith(".js") && !kept.has(file)) rmSync(join(dir, file))
}
