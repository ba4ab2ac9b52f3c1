/**
 * The handles of shared objects: what `Shared.queue()` and the others give, in the program and in its workers alike.
 * Each method is a call over a port; values are encoded here, so that they are copied however short the way is. Not
 * what the objects do with them: that is `shared/` in the program.
 */
import { SharedDataError, type SharedKind } from "@holdfast/core"
import { pinning } from "../protocol/pins.ts"
import { previewOf } from "../protocol/preview.ts"
import { type HandleName, makeHandlesWith, registerHandle } from "../protocol/shared-handles.ts"
import { BatchReader, encodeBatch, type PayloadKind } from "../protocol/values.ts"

/** A value on its way to a shared object, or in one. */
export interface Packed {
  readonly bytes: Uint8Array
  /** Whether it names shared data. */
  readonly named: boolean
  /** What it names, to be kept alive with it. */
  readonly pins?: ReadonlySet<object> | undefined
}

/** What is asked, and of which object. */
export interface Asked {
  readonly object: string
  readonly kind: SharedKind
  readonly op: string
}

/** The way to where the objects live. */
export interface SharedPort {
  call(id: string, op: string, args: ReadonlyArray<unknown>, kind: SharedKind): Promise<unknown>
}

export const pack = (value: unknown, what: string): Packed => {
  const { result, pins } = pinning(() => encodeBatch([value]))
  const { kind, bytes, refused } = result
  if (refused !== undefined) throw new TypeError(`${what}: value${refused.path} ${refused.message}`)
  return { bytes: Buffer.concat([Buffer.of(kind), bytes]), named: pins.size > 0, pins }
}

export const unpack = (bytes: unknown): unknown => {
  if (!(bytes instanceof Uint8Array)) return undefined
  return new BatchReader(bytes[0] as PayloadKind, bytes.subarray(1), 1).next()
}

let jobPort: (() => SharedPort | undefined) | undefined
let home: (SharedPort & { isOwn(id: string): boolean }) | undefined

/** Tells how the running job reaches the objects. */
export const reachFromJobs = (find: () => SharedPort | undefined): void => {
  jobPort = find
}

/** Tells where they live, if in this process. */
export const reachFromHome = (port: NonNullable<typeof home>): void => {
  home = port
}

/** A worker that has pools of its own keeps their objects itself. */
const portOf = (id: string): SharedPort | undefined =>
  home?.isOwn(id) === true && Reflect.has(globalThis, Symbol.for("holdfast/worker")) ? home : (jobPort?.() ?? home)

const call = (name: HandleName, op: string, ...args: ReadonlyArray<unknown>): Promise<unknown> => {
  const port = portOf(name.id)
  if (port !== undefined) return port.call(name.id, op, args, name.kind)
  const message = `Shared.${name.kind}: ${op}() was called outside of a running job: call it inside the task's function`
  return Promise.reject(new SharedDataError("elsewhere", message))
}

const keyOf = (key: unknown): unknown => {
  if (key === null || (typeof key !== "object" && typeof key !== "function" && typeof key !== "symbol")) return key
  throw new TypeError(
    `Shared.map: expected a string, number, bigint, boolean, null or undefined as key, received ${previewOf(key)}`
  )
}

class QueueHandle {
  readonly #name: HandleName
  constructor(name: HandleName) {
    this.#name = name
  }
  async put(item: unknown): Promise<void> {
    await call(this.#name, "put", pack(item, "queue.put"))
  }
  async tryPut(item: unknown): Promise<boolean> {
    return (await call(this.#name, "tryPut", pack(item, "queue.tryPut"))) === true
  }
  async take(): Promise<unknown> {
    return unpack(await call(this.#name, "take"))
  }
  async tryTake(): Promise<unknown> {
    return unpack(await call(this.#name, "tryTake"))
  }
  async size(): Promise<unknown> {
    return call(this.#name, "size")
  }
  async close(): Promise<void> {
    await call(this.#name, "close")
  }
  async *[Symbol.asyncIterator](): AsyncGenerator<unknown> {
    for (;;) {
      const bytes = await call(this.#name, "take")
      if (bytes === undefined) return
      yield unpack(bytes)
    }
  }
}

class MapHandle {
  readonly #name: HandleName
  constructor(name: HandleName) {
    this.#name = name
  }
  async get(key: unknown): Promise<unknown> {
    return unpack(await call(this.#name, "get", keyOf(key)))
  }
  async set(key: unknown, value: unknown): Promise<void> {
    await call(this.#name, "set", keyOf(key), pack(value, "map.set"))
  }
  async has(key: unknown): Promise<unknown> {
    return call(this.#name, "has", keyOf(key))
  }
  async delete(key: unknown): Promise<unknown> {
    return call(this.#name, "delete", keyOf(key))
  }
  async clear(): Promise<void> {
    await call(this.#name, "clear")
  }
  async size(): Promise<unknown> {
    return call(this.#name, "size")
  }
  async entries(): Promise<Array<[unknown, unknown]>> {
    const entries = (await call(this.#name, "entries")) as ReadonlyArray<readonly [unknown, Uint8Array]>
    return entries.map(([key, bytes]) => [key, unpack(bytes)])
  }
  async increment(key: unknown, by: unknown = 1): Promise<unknown> {
    return call(this.#name, "increment", keyOf(key), by)
  }
  async update(key: unknown, f: (value: unknown) => unknown): Promise<unknown> {
    for (;;) {
      const [version, bytes] = (await call(this.#name, "read", keyOf(key))) as readonly [number, Uint8Array | undefined]
      const value = f(unpack(bytes))
      if ((await call(this.#name, "write", keyOf(key), version, pack(value, "map.update"))) === true) return value
    }
  }
}

class ListHandle {
  readonly #name: HandleName
  constructor(name: HandleName) {
    this.#name = name
  }
  async push(...items: ReadonlyArray<unknown>): Promise<unknown> {
    return call(this.#name, "push", ...items.map((item) => pack(item, "list.push")))
  }
  async pop(): Promise<unknown> {
    return unpack(await call(this.#name, "pop"))
  }
  async get(index: number): Promise<unknown> {
    return unpack(await call(this.#name, "get", index))
  }
  async set(index: number, item: unknown): Promise<void> {
    await call(this.#name, "set", index, pack(item, "list.set"))
  }
  async length(): Promise<unknown> {
    return call(this.#name, "length")
  }
  async slice(from?: number, to?: number): Promise<Array<unknown>> {
    return ((await call(this.#name, "slice", from, to)) as ReadonlyArray<Uint8Array>).map(unpack)
  }
  values(): Promise<Array<unknown>> {
    return this.slice()
  }
}

class CounterHandle {
  readonly #name: HandleName
  constructor(name: HandleName) {
    this.#name = name
  }
  async add(by: unknown = 1): Promise<unknown> {
    return call(this.#name, "add", by)
  }
  async get(): Promise<unknown> {
    return call(this.#name, "get")
  }
  async set(value: unknown): Promise<void> {
    await call(this.#name, "set", value)
  }
}

class LockHandle {
  readonly #name: HandleName
  constructor(name: HandleName) {
    this.#name = name
  }
  async acquire(): Promise<() => Promise<void>> {
    const ticket = await call(this.#name, "acquire")
    return async () => {
      await call(this.#name, "release", ticket)
    }
  }
  async withLock<A>(f: () => A | PromiseLike<A>): Promise<A> {
    const release = await this.acquire()
    try {
      return await f()
    } finally {
      await release()
    }
  }
}

const classes: Record<SharedKind, new (name: HandleName) => object> = {
  queue: QueueHandle,
  map: MapHandle,
  list: ListHandle,
  counter: CounterHandle,
  lock: LockHandle
}

/** A handle of the object with this name; `target` where it lives in this process, and must live on with the handle. */
export const makeHandle = (name: HandleName, target?: object): object => {
  const handle = new classes[name.kind](name)
  registerHandle(handle, name, target)
  return handle
}

makeHandlesWith((name) => makeHandle(name))
