/**
 * Has V8 collect the garbage of this thread, for which Node has no public way unless it is started with `--expose-gc`. A
 * plain collection: the one that a debugger can ask for throws away what was optimized, which made the next job 30 ms
 * slower.
 */
import { createRequire } from "node:module"
import { setFlagsFromString } from "node:v8"

const exposed = (): unknown => {
  if (globalThis.gc !== undefined) return globalThis.gc
  setFlagsFromString("--expose-gc")
  // Contexts that are made from here on have it.
  const collect: unknown = process.getBuiltinModule("node:vm").runInNewContext("gc")
  setFlagsFromString("--no-expose-gc")
  return collect
}

let giveBack: ((pad: number) => unknown) | undefined

/** Has glibc give back what was freed, where koffi is loaded here: to load it for that takes more than comes back. */
const trim = (): void => {
  if (giveBack === undefined) {
    const load = createRequire(import.meta.url)
    if (!(load.resolve("koffi") in load.cache)) return
    const koffi: typeof import("koffi") = load("koffi")
    giveBack = koffi.load(null).func("int malloc_trim(size_t pad)")
  }
  giveBack(0)
}

/** Takes some 5 to 20 ms. Never throws. */
export const collectGarbage = (): void => {
  try {
    const collect = exposed()
    if (typeof collect === "function") collect()
    trim()
  } catch {
    // Without it only less memory is given back.
  }
}
