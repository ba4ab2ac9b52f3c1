/**
 * What shared objects do: one class each, over packed values, told which attempt of which job is calling. Plain data
 * and promises; they know no wire and no pool. Not who calls: that is `SharedDesk.ts`.
 */
import { type LockHolder, SharedDataError } from "@holdfast/core"
import { previewOf } from "../protocol/preview.ts"
import { Fifo } from "../scheduler/Fifo.ts"
import { type Packed, pack, unpack } from "../worker/shared-objects.ts"

/** A job as its worker tells of it, and the link to that worker. */
export interface ToldJob {
  readonly link: unknown
  readonly chunkId: number
  readonly offset: number
}

/** Who calls: a job's attempt, or (where it lives as long as the program does) the program itself. */
export interface Caller {
  readonly isProgram: boolean
  /** Whether it was settled elsewhere, as a job that was cancelled is: nothing that comes is for it any more. */
  readonly isForsaken: boolean
  /** Who it is, to those who wait for what it holds. */
  readonly described?: Pick<LockHolder, "task" | "index" | "worker" | "pid">
  /** Whether it is the job that a worker has told of. */
  is?(job: ToldJob): boolean
  /**
   * Run when it ends; `crashed`: by the death of its worker. `undelivered`: calls whose answer it never saw. Calling
   * what comes back forgets it again: a job may call a million times.
   */
  onEnd(end: (crashed: boolean, undelivered: ReadonlySet<number>) => void): () => void
}

/** One call on an object. */
export interface Visit {
  readonly caller: Caller
  readonly callId: number
  readonly args: ReadonlyArray<unknown>
}

export type Operation = (visit: Visit) => unknown
export type SharedObject = Readonly<Record<string, Operation>>

const packedOf = (arg: unknown): Packed => {
  const packed = arg as Packed | undefined
  if (!(packed?.bytes instanceof Uint8Array)) throw new TypeError("expected a packed value")
  // What a worker has named must not depend on that worker: it is named anew from here.
  return packed.named && packed.pins === undefined ? pack(unpack(packed.bytes), "shared") : packed
}

const finite = (value: unknown, what: string): number => {
  if (typeof value === "number" && Number.isFinite(value)) return value
  throw new TypeError(`${what}: expected a finite number, received ${previewOf(value)}`)
}

const bound = (value: unknown, what: string): number | undefined => {
  if (value === undefined || (typeof value === "number" && !Number.isNaN(value))) return value
  throw new TypeError(`${what}: expected a number, received ${previewOf(value)}`)
}

interface Waiter<A> {
  readonly visit: Visit
  readonly resolve: (value: A) => void
  readonly reject: (error: unknown) => void
}

/** Who is next in line. Whoever was settled meanwhile may tidy up still: it has left, and gets no answer. */
const firstOf = <W extends { readonly visit: Visit }>(line: Array<W>): W | undefined => {
  for (;;) {
    const waiter = line.shift()
    if (waiter === undefined || !waiter.visit.caller.isForsaken) return waiter
  }
}

/** Waits in line; whoever ends leaves it. */
const standIn = <A>(line: Array<Waiter<A>>, visit: Visit): Promise<A> =>
  new Promise((resolve, reject) => {
    const forget = visit.caller.onEnd(() => {
      const at = line.indexOf(waiter)
      if (at !== -1) line.splice(at, 1)
    })
    const waiter: Waiter<A> = {
      visit,
      resolve: (value) => {
        forget()
        resolve(value)
      },
      reject
    }
    line.push(waiter)
  })

export const makeQueue = (capacity: number): SharedObject => {
  const items = new Fifo<Packed>()
  const takers: Array<Waiter<Uint8Array | undefined>> = []
  const putters: Array<Waiter<void> & { readonly item: Packed }> = []
  let closed = false

  const give = ({ caller, callId }: Visit, item: Packed): Uint8Array => {
    caller.onEnd((crashed, undelivered) => {
      if (!crashed && !undelivered.has(callId)) return
      items.unshift(item)
      // Once all that it had is back in its place.
      queueMicrotask(feed)
    })
    return item.bytes
  }
  const feed = (): void => {
    while (items.length > 0) {
      const taker = firstOf(takers)
      if (taker === undefined) return
      taker.resolve(next(taker.visit))
    }
  }
  const next = (visit: Visit): Uint8Array | undefined => {
    const item = items.shift()
    if (item === undefined) return undefined
    const putter = items.length < capacity ? firstOf(putters) : undefined
    if (putter !== undefined) {
      items.push(putter.item)
      putter.resolve()
    }
    return give(visit, item)
  }
  const add = (item: Packed): boolean => {
    if (closed) throw new SharedDataError("closed", "the queue is closed: nothing can be put into it any more")
    const taker = firstOf(takers)
    if (taker !== undefined) taker.resolve(give(taker.visit, item))
    else if (items.length < capacity) items.push(item)
    else return false
    return true
  }
  return {
    put: (visit) => {
      const item = packedOf(visit.args[0])
      if (add(item)) return undefined
      return new Promise<void>((resolve, reject) => {
        const forget = visit.caller.onEnd(() => {
          const at = putters.indexOf(putter)
          if (at !== -1) putters.splice(at, 1)
        })
        const putter = {
          visit,
          item,
          reject,
          resolve: () => {
            forget()
            resolve()
          }
        }
        putters.push(putter)
      })
    },
    tryPut: ({ args }) => add(packedOf(args[0])),
    take: (visit) => next(visit) ?? (closed ? undefined : standIn(takers, visit)),
    tryTake: next,
    size: () => items.length,
    close: () => {
      closed = true
      for (const taker of takers.splice(0)) taker.resolve(undefined)
      for (const putter of putters.splice(0)) {
        putter.reject(new SharedDataError("closed", "the queue was closed while this waited to put into it"))
      }
    }
  }
}

export const makeMap = (): SharedObject => {
  const entries = new Map<unknown, { readonly item: Packed; readonly version: number }>()
  let version = 0
  const set = (key: unknown, item: Packed): void => {
    entries.set(key, { item, version: ++version })
  }
  return {
    get: ({ args: [key] }) => entries.get(key)?.item.bytes,
    set: ({ args: [key, item] }) => set(key, packedOf(item)),
    has: ({ args: [key] }) => entries.has(key),
    delete: ({ args: [key] }) => entries.delete(key),
    clear: () => entries.clear(),
    size: () => entries.size,
    entries: () => [...entries].map(([key, { item }]) => [key, item.bytes]),
    increment: ({ args: [key, by] }) => {
      const bytes = entries.get(key)?.item.bytes
      const what = `map.increment(${previewOf(key)})`
      const sum = (bytes === undefined ? 0 : finite(unpack(bytes), what)) + finite(by, what)
      set(key, pack(sum, what))
      return sum
    },
    read: ({ args: [key] }) => [entries.get(key)?.version ?? 0, entries.get(key)?.item.bytes],
    write: ({ args: [key, expected, item] }) => {
      if ((entries.get(key)?.version ?? 0) !== expected) return false
      set(key, packedOf(item))
      return true
    }
  }
}

export const makeList = (): SharedObject => {
  const items: Array<Packed> = []
  return {
    push: ({ args }) => items.push(...args.map(packedOf)),
    pop: () => items.pop()?.bytes,
    get: ({ args: [index] }) => items.at(finite(index, "list.get"))?.bytes,
    set: ({ args: [index, item] }) => {
      const wanted = finite(index, "list.set")
      const at = wanted < 0 ? wanted + items.length : wanted
      if (!Number.isInteger(at) || at < 0 || at >= items.length) {
        throw new RangeError(`list.set: expected an index within the list's ${items.length} items, received ${wanted}`)
      }
      items[at] = packedOf(item)
    },
    length: () => items.length,
    slice: ({ args: [from, to] }) =>
      items.slice(bound(from, "list.slice"), bound(to, "list.slice")).map(({ bytes }) => bytes)
  }
}

export const makeCounter = (): SharedObject => {
  let value = 0
  return {
    add: ({ args: [by] }) => {
      value += finite(by, "counter.add")
      return value
    },
    get: () => value,
    set: ({ args: [to] }) => {
      value = finite(to, "counter.set")
    }
  }
}

interface Held {
  readonly caller: Caller
  readonly since: number
  /** Who held it before, where this one waited for that. */
  readonly before: LockHolder | undefined
}

/** Who holds each lock. */
const holders = new WeakMap<SharedObject, () => Held | undefined>()
/** Which lock a caller stands in line for. */
const waitingFor = new WeakMap<Caller, SharedObject>()

/** Longer chains of locks are not followed. */
const MOST_LOCKS = 20

/** Whether whoever holds this lock waits, perhaps through others, for one of its own waiters. */
const isDeadlocked = (lock: SharedObject): boolean => {
  let next: SharedObject | undefined = lock
  for (let at = 0; at < MOST_LOCKS && next !== undefined; at++) {
    const held: Held | undefined = holders.get(next)?.()
    next = held === undefined || held.caller.isProgram ? undefined : waitingFor.get(held.caller)
    if (next === lock) return true
  }
  return false
}

/** For whom `waiter` waits at a lock: who holds it; undefined where nobody does, or of what is none. */
export const holderOf = (lock: SharedObject, waiter?: ToldJob): LockHolder | undefined => {
  const held = holders.get(lock)?.()
  if (held === undefined) return undefined
  // It was given the lock just now, while it was asked what it waits for.
  if (waiter !== undefined && held.caller.is?.(waiter) === true) return held.before
  const forMs = Math.round(performance.now() - held.since)
  return { ...held.caller.described, forMs, deadlock: isDeadlocked(lock) }
}

export const makeLock = (): SharedObject => {
  let holder: (Held & { readonly ticket: number; readonly forget: () => void }) | undefined
  let lastTicket = 0
  const line: Array<Waiter<number>> = []
  const release = (ticket: unknown): void => {
    if (holder === undefined || holder.ticket !== ticket) return
    const waiter = firstOf(line)
    const before = waiter === undefined ? undefined : holderOf(lock)
    holder.forget()
    holder = undefined
    if (waiter !== undefined) waiter.resolve(grant(waiter.visit, before))
  }
  const grant = ({ caller }: Visit, before?: LockHolder): number => {
    const ticket = ++lastTicket
    waitingFor.delete(caller)
    holder = { caller, ticket, since: performance.now(), before, forget: caller.onEnd(() => release(ticket)) }
    return ticket
  }
  const lock: SharedObject = {
    acquire: (visit) => {
      if (holder === undefined) return grant(visit)
      if (holder.caller === visit.caller && !visit.caller.isProgram) {
        throw new SharedDataError("deadlock", "lock.acquire() by the job that holds the lock: it would wait for itself")
      }
      waitingFor.set(visit.caller, lock)
      return standIn(line, visit)
    },
    release: ({ args: [ticket] }) => release(ticket)
  }
  holders.set(lock, () => holder)
  return lock
}
