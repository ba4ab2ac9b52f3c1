/**
 * Has V8 collect the garbage of this thread, for which Node has no public way unless it is started with `--expose-gc`. A
 * plain collection: the one that a debugger can ask for throws away what was optimized, which made the next job 30 ms
 * slower.
 */
import { setFlagsFromString } from "node:v8"

/** Takes some 5 to 20 ms. Never throws. */
export const collectGarbage = (): void => {
  try {
    if (globalThis.gc !== undefined) return void globalThis.gc()
    setFlagsFromString("--expose-gc")
    // Contexts that are made from here on have it.
    const collect: unknown = process.getBuiltinModule("node:vm").runInNewContext("gc")
    setFlagsFromString("--no-expose-gc")
    if (typeof collect === "function") collect()
  } catch {
    // Without it only less memory is given back.
  }
}
