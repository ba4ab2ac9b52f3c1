/**
 * What is open in the main thread's event loop, asked of libuv itself by the watchdog's thread while the main thread
 * waits for the answer. Node tells of handles that are not ref'd in its diagnostic report alone, which unwinds the
 * native stack for it and so brings 1 MB of Node's unwinding tables into memory. CommonJS, since the watchdog loads it.
 */

type Koffi = typeof import("koffi")

export interface SightModule {
  /**
   * Whether nothing is open in the main thread's event loop that could call code of the user's. To be called only while
   * the main thread waits: libuv's lists have no lock. Throws where libuv's functions are not to be had.
   *
   * @example
   * const isQuiet = sightOf(koffi, koffi.load(null))
   */
  readonly sightOf: (koffi: Koffi, library: ReturnType<Koffi["load"]>) => () => boolean
}

/** `uv_handle_type`, part of libuv's stable interface (uv.h, UV_HANDLE_TYPE_MAP). */
const NAMED_PIPE = 7
const TIMER = 13
/** Async, check, idle, prepare and timer: Node's own in each event loop, and V8's timers. */
const OWN = new Set([1, 2, 6, 9, TIMER])
/** A worker's output and its channel. As in `waiting.ts`. */
const OWN_DESCRIPTORS = new Set([1, 2, 3])

const sightOf: SightModule["sightOf"] = (koffi, library) => {
  const visit = koffi.pointer(koffi.proto("void", ["void *", "void *"]))
  // The main thread's is the default one (node::NodeMainInstance).
  const loop: unknown = library.func("uv_default_loop", "void *", [])()
  const walk = library.func("uv_walk", "void", ["void *", visit, "void *"])
  const isAlive = library.func("uv_loop_alive", "int", ["void *"])
  const typeOf = library.func("uv_handle_get_type", "int", ["void *"])
  const isActive = library.func("uv_is_active", "int", ["void *"])
  const readDescriptor = library.func("uv_fileno", "int", ["void *", koffi.out(koffi.pointer("int"))])

  const isOwnPipe = (handle: unknown): boolean => {
    const found = [-1]
    return readDescriptor(handle, found) === 0 && OWN_DESCRIPTORS.has(found[0] ?? -1)
  }

  return () => {
    let isQuiet = isAlive(loop) === 0
    let isFirstTimer = true
    walk(
      loop,
      (handle: unknown) => {
        const type: number = typeOf(handle)
        // All of Node's JavaScript timers share the first.
        if (type === TIMER && isFirstTimer) {
          isFirstTimer = false
          if (isActive(handle) !== 0) isQuiet = false
        } else if (!OWN.has(type) && !(type === NAMED_PIPE && isOwnPipe(handle))) isQuiet = false
      },
      null
    )
    return isQuiet && !isFirstTimer
  }
}

module.exports = { sightOf } satisfies SightModule
