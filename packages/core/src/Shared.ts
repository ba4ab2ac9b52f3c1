/**
 * `Shared`: a queue, a map, a list, a counter and a lock that live in the program and can be used by any task they
 * are passed to. Values are copied in and out, as inputs are. What they do is written in the supervisor; here are
 * their types and how they are made.
 */
import { sharedProvider } from "./SharedProvider.ts"

/** A queue of jobs' values, first in, first out; each item goes to one taker. Iterating takes until it is closed. */
export interface Queue<A> extends AsyncIterable<A> {
  /** Adds an item; waits while the queue is full. */
  put(item: A): Promise<void>
  /** Adds an item if there is room: whether there was. */
  tryPut(item: A): Promise<boolean>
  /** The next item; waits for one. `undefined` once the queue is closed and empty. */
  take(): Promise<A | undefined>
  /** The next item, or `undefined` at once. */
  tryTake(): Promise<A | undefined>
  size(): Promise<number>
  /** No item can be added any more; what is in it can still be taken. */
  close(): Promise<void>
}

/** What can be a key of a shared map. */
export type Key = string | number | bigint | boolean | null | undefined

/** A map in the order of insertion. */
export interface Map<K extends Key, V> {
  get(key: K): Promise<V | undefined>
  set(key: K, value: V): Promise<void>
  has(key: K): Promise<boolean>
  delete(key: K): Promise<boolean>
  clear(): Promise<void>
  size(): Promise<number>
  entries(): Promise<Array<[K, V]>>
  /** Adds to a number, 0 where there is none: the new one. */
  increment(key: K, by?: number): Promise<number>
  /** Replaces a value by what `f` makes of it, and calls `f` again if another was faster: the new value. */
  update(key: K, f: (value: V | undefined) => V): Promise<V>
}

/** A list; negative indices count from its end. */
export interface List<A> {
  /** Adds to its end: the new length. */
  push(...items: ReadonlyArray<A>): Promise<number>
  pop(): Promise<A | undefined>
  get(index: number): Promise<A | undefined>
  /** Replaces an item; a `RangeError` where there is none. */
  set(index: number, item: A): Promise<void>
  length(): Promise<number>
  slice(from?: number, to?: number): Promise<Array<A>>
  values(): Promise<Array<A>>
}

/** A number that many add to. */
export interface Counter {
  /** The new number. */
  add(by?: number): Promise<number>
  get(): Promise<number>
  set(value: number): Promise<void>
}

/** A lock, given to those who wait in their order. Not reentrant. */
export interface Lock {
  /** Waits for the lock; calling what comes back releases it. A job that ends or dies releases it, too. */
  acquire(): Promise<() => Promise<void>>
  /** Runs `f` while holding the lock. */
  withLock<A>(f: () => A | PromiseLike<A>): Promise<A>
}

/**
 * A queue. `capacity`: how many items it holds before `put` waits; unbounded unless said. An item that was taken by a
 * job whose worker then dies is put back at the front.
 *
 * @example
 * const work = Shared.queue<string>({ capacity: 100 })
 * const done = pool.run(consume, work)
 */
export const queue = <A>(options: { readonly capacity?: number } = {}): Queue<A> =>
  sharedProvider().makeObject("queue", options) as Queue<A>

/** A map. */
export const map = <K extends Key, V>(): Map<K, V> => sharedProvider().makeObject("map", {}) as Map<K, V>

/** A list. */
export const list = <A>(): List<A> => sharedProvider().makeObject("list", {}) as List<A>

/** A counter; 0 at first. */
export const counter = (): Counter => sharedProvider().makeObject("counter", {}) as Counter

/** A lock. */
export const lock = (): Lock => sharedProvider().makeObject("lock", {}) as Lock
