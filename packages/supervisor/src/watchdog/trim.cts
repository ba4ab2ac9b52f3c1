/**
 * Has glibc give back what a thread's isolate has taken, after it has ended: Node frees that when none of this thread's
 * JavaScript can run any more. CommonJS, since the watchdog loads it. Not V8's own pages, which come from the system.
 */

const fs = require("node:fs") as typeof import("node:fs")

type Library = ReturnType<typeof import("koffi").load>

export interface TrimModule {
  /**
   * To be called by the thread itself, once. Does nothing where the C library is another. `memory` is what one watchdog
   * leaves to the next.
   */
  readonly trimAtEnd: (libc: Library, memory: Float64Array) => void
}

/** Less than what is ever mapped by itself: such a block lies in the arena. */
const BLOCK_SIZES = [64 * 1024, 4096]
const MOST_BLOCKS = 256

/** Where the memory ends that the block lies in; 0 where it is the main thread's, whose end glibc gives back. */
const endOf = (block: number): number => {
  for (const line of fs.readFileSync("/proc/self/maps", "utf8").split("\n")) {
    const [range = "", , , , , name] = line.split(/ +/)
    const [from = 0, to = 0] = range.split("-").map((each) => Number.parseInt(each, 16))
    if (from <= block && block < to) return name === "[heap]" ? 0 : to
  }
  return 0
}

/**
 * Leaves a block of the smallest size at the end of this thread's arena. `malloc_trim` gives back what is free between
 * blocks, but not what is free behind the last one, where the start of an isolate leaves 0.6 MB.
 */
const fence = (libc: Library): void => {
  const malloc: (bytes: number) => number | bigint = libc.func("size_t malloc(size_t bytes)")
  const realloc = libc.func("size_t realloc(size_t block, size_t bytes)")
  const free = libc.func("void free(size_t block)")
  const blocks: Array<number> = []
  let end: number | undefined
  for (const size of BLOCK_SIZES) {
    while (blocks.length < MOST_BLOCKS) {
      const block = Number(malloc(size))
      if (block === 0) break
      blocks.push(block)
      end ??= endOf(block)
      // Behind a free place further in front comes the next one.
      if (end === 0 || (block < end && block + 2 * size > end)) break
    }
  }
  const last = blocks.pop()
  if (last !== undefined) realloc(last, 16)
  for (const block of blocks) free(block)
}

/** Where the key lies in what is handed over. */
const KEY = 2

/** What the C library calls last, in each thread that has set a value for the key, is `malloc_trim` with that value. */
const keyOf = (libc: Library, memory: Float64Array): number => {
  if (!memory[KEY]) {
    const made = [0]
    const create = libc.func("int pthread_key_create(_Out_ unsigned int *key, void *destructor)")
    if (create(made, libc.symbol("malloc_trim")) !== 0) throw new Error("no key is left")
    memory[KEY] = made[0] ?? 0
  }
  return memory[KEY] ?? 0
}

const trimAtEnd: TrimModule["trimAtEnd"] = (libc, memory) => {
  try {
    libc.func("int pthread_setspecific(unsigned int key, size_t value)")(keyOf(libc, memory), 1)
    fence(libc)
  } catch {
    // Only glibc has it.
  }
}

module.exports = { trimAtEnd } satisfies TrimModule
