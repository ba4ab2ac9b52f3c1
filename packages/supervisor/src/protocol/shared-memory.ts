/**
 * Memory that processes and threads see together: a memfd, which has no name in any file system and ends with the
 * last who holds it, however that one dies. Others reach it through `/proc/<pid>/fd` of one that has it open. Both
 * ends import this file. Unmapped when the last view is garbage, never before: a view of unmapped memory would crash
 * its process. Not how typed arrays are written with it: `shared-views.ts`.
 */
import { closeSync, fstatSync, ftruncateSync, openSync } from "node:fs"
import { createRequire } from "node:module"
import { SharedDataError } from "@holdfast/core"
import { oneForAll } from "./one-for-all.ts"
import { OwnRegistry } from "./own-registry.ts"

/** Where a memory is found. */
export interface MemoryName {
  readonly id: string
  readonly pid: number
  readonly descriptor: number
  readonly inode: number
  readonly bytes: number
}

/** A memory as it is mapped here. */
export interface Memory {
  readonly name: MemoryName
  readonly made: boolean
  released: boolean
}

interface Calls {
  readonly create: (name: string, flags: number) => number
  readonly allocate: (descriptor: number, mode: number, offset: number, bytes: number) => number
  readonly map: (address: null, bytes: number, access: number, kind: number, descriptor: number, at: number) => bigint
  readonly unmap: (address: bigint, bytes: number) => number
  readonly close: (descriptor: number) => number
  readonly view: (pointer: bigint, bytes: number) => ArrayBuffer
}

interface Koffi {
  load(path: null): { func(signature: string): unknown }
  view(pointer: bigint, bytes: number): ArrayBuffer
}

const MFD_CLOEXEC = 1
const READ_WRITE = 3
const MAP_SHARED = 1
const PUNCH_HOLE_KEEP_SIZE = 3

let calls: Calls | undefined

const callsOf = (): Calls => {
  if (calls !== undefined) return calls
  if (process.platform !== "linux") {
    throw new SharedDataError("unsupported", `SharedArray needs Linux; this system is ${process.platform}`)
  }
  let koffi: Koffi
  try {
    koffi = createRequire(import.meta.url)("koffi") as Koffi
  } catch (cause) {
    const message = "SharedArray needs the package koffi, an optional dependency of holdfast: npm install koffi"
    throw new SharedDataError("unsupported", message, { cause })
  }
  const library = koffi.load(null)
  // koffi knows no off_t; long is as wide on every 64-bit Unix.
  calls = {
    create: library.func("int memfd_create(const char *name, unsigned int flags)") as Calls["create"],
    allocate: library.func("int fallocate(int fd, int mode, long offset, long bytes)") as Calls["allocate"],
    map: library.func(
      "void *mmap(void *address, size_t length, int prot, int flags, int fd, long offset)"
    ) as Calls["map"],
    unmap: library.func("int munmap(void *address, size_t length)") as Calls["unmap"],
    close: library.func("int close(int fd)") as Calls["close"],
    view: (pointer, bytes) => koffi.view(pointer, bytes)
  }
  return calls
}

/** Memory that is mapped here now, or is about not to be. */
export interface Mapping {
  readonly _tag: "Mapped" | "Unmapped"
  readonly pointer: bigint
  readonly bytes: number
  /** Of memory that was made here; what a thread has opened, Node closes at its end. */
  readonly descriptor?: number
}

interface Mapped {
  readonly memories: WeakMap<ArrayBufferLike, Memory>
  readonly buffers: Map<string, WeakRef<ArrayBuffer>>
  told: ((mapping: Mapping) => void) | undefined
}

/** Of all copies of this file, or an array of a job's would be copied by the pool that the job makes. */
const here = oneForAll("sharedMemory", (): Mapped => ({ memories: new WeakMap(), buffers: new Map(), told: undefined }))
const { memories, buffers } = here

/**
 * Has `listener` told of each mapping. A thread's are its process's, and nothing that the thread has prepared is run
 * where it is ended by others: so its host must know them.
 */
export const tellOfMappings = (listener: (mapping: Mapping) => void): void => {
  here.told = listener
}

/**
 * Ends a mapping, and lets go of memory that was made for it. Whoever reads through it after that crashes the process.
 * Not by `closeSync`: Node warns of descriptors that a thread closes without having opened them by `node:fs`.
 */
export const unmap = ({ bytes, descriptor, pointer }: Omit<Mapping, "_tag">): void => {
  const { close, unmap } = callsOf()
  unmap(pointer, bytes)
  if (descriptor !== undefined) close(descriptor)
}

interface Remains {
  readonly id: string
  readonly buffer: WeakRef<ArrayBuffer>
  readonly pointer: bigint
  readonly bytes: number
  readonly descriptor: number
  readonly made: boolean
}

const collected = new OwnRegistry<Remains>(({ id, buffer, pointer, bytes, descriptor, made }) => {
  // Mapped again meanwhile, it has an entry of its own.
  if (buffers.get(id) === buffer) buffers.delete(id)
  // Before it is so: what is mapped at that address afterwards may be somebody else's.
  here.told?.({ _tag: "Unmapped", pointer, bytes })
  unmap(made ? { pointer, bytes, descriptor } : { pointer, bytes })
  if (!made) closeSync(descriptor)
})

const refuseTransfer = (): never => {
  throw new TypeError("the memory of a SharedArray can't be transferred: others see it, too")
}

const mapped = (name: MemoryName, made: boolean): ArrayBuffer => {
  const { close, map, view } = callsOf()
  const pointer = map(null, name.bytes, READ_WRITE, MAP_SHARED, name.descriptor, 0)
  if (BigInt.asIntN(64, BigInt(pointer)) === -1n) {
    if (made) close(name.descriptor)
    else closeSync(name.descriptor)
    throw new SharedDataError("memory", `${name.bytes} bytes of shared memory can't be mapped`)
  }
  here.told?.({ _tag: "Mapped", pointer, bytes: name.bytes, ...(made ? { descriptor: name.descriptor } : {}) })
  const buffer = view(pointer, name.bytes)
  // A transfer would let go of this buffer, and so unmap what the other still shows.
  for (const key of ["transfer", "transferToFixedLength"]) Object.defineProperty(buffer, key, { value: refuseTransfer })
  memories.set(buffer, { name, made, released: false })
  const reference = new WeakRef(buffer)
  buffers.set(name.id, reference)
  const { id, bytes, descriptor } = name
  collected.register(buffer, { id, buffer: reference, pointer, bytes, descriptor, made })
  return buffer
}

/** New memory, all zeros, that is really there: writing to it can't fail later. Throws `SharedDataError`. */
export const makeMemory = (bytes: number): ArrayBuffer => {
  const { allocate, close, create } = callsOf()
  const available = process.availableMemory()
  if (bytes > available) {
    const message = `SharedArray: ${bytes} bytes of shared memory are wanted, ${available} are available`
    throw new SharedDataError("memory", message)
  }
  const descriptor = create("holdfast", MFD_CLOEXEC)
  if (descriptor < 0) throw new SharedDataError("unsupported", "SharedArray: the system refuses memfd_create")
  try {
    ftruncateSync(descriptor, bytes)
    // Without it, a write where no memory is left would end the writer by SIGBUS.
    if (allocate(descriptor, 0, 0, bytes) !== 0) {
      throw new SharedDataError("memory", `SharedArray: the system has no ${bytes} bytes of shared memory`)
    }
  } catch (error) {
    close(descriptor)
    throw error
  }
  const inode = fstatSync(descriptor).ino
  // Not an import: to load it takes 4 ms, and every worker loads this file before its first job.
  const { randomUUID } = process.getBuiltinModule("node:crypto")
  return mapped({ id: randomUUID(), pid: process.pid, descriptor, inode, bytes }, true)
}

/** The memory behind a buffer; undefined for any other buffer. */
export const memoryOf = (buffer: ArrayBufferLike): Memory | undefined => memories.get(buffer)

/** The memory of that name, mapped here once. Throws `SharedDataError` where its last holder is gone. */
export const openMemory = (name: MemoryName): ArrayBuffer => {
  const known = buffers.get(name.id)?.deref()
  if (known !== undefined) return known
  callsOf()
  const path = `/proc/${name.pid}/fd/${name.descriptor}`
  let descriptor: number
  try {
    descriptor = openSync(path, "r+")
  } catch (cause) {
    const message = `a SharedArray can't be opened: process ${name.pid} is gone, or has let go of it, or is another user's`
    throw new SharedDataError("gone", message, { cause })
  }
  const { ino, size } = fstatSync(descriptor)
  if (ino !== name.inode || size !== name.bytes) {
    closeSync(descriptor)
    throw new SharedDataError("gone", `a SharedArray can't be opened: process ${name.pid} has let go of it`)
  }
  return mapped({ ...name, pid: process.pid, descriptor }, false)
}

/** Lets nobody send it from here any more; its maker also gives the pages back, which then read as zeros. */
export const releaseMemory = (memory: Memory): void => {
  if (memory.released) return
  memory.released = true
  const { descriptor, bytes } = memory.name
  if (memory.made) callsOf().allocate(descriptor, PUNCH_HOLE_KEEP_SIZE, 0, bytes)
}
