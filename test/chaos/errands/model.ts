/** What the workers' stores hold, by hand: what a call must answer follows from those before it and from who lives. */
import { isDeepStrictEqual } from "node:util"
import type { Peeked } from "./tasks.ts"

/** A worker, as long as it lives. */
export interface Life {
  readonly id: number
  /** How often it was started anew: then its store is another. */
  readonly restarts: number
}

type Held =
  | { readonly is: "pushed"; readonly value: unknown }
  | { readonly is: "scattered"; readonly array: ReadonlyArray<unknown>; readonly parts: ReadonlyArray<Life> }
  /** A call has failed that may have been heard by some. */
  | { readonly is: "unknown" }

/** How a call came out. */
export type Came = { readonly value: unknown } | { readonly error: unknown }

const isSame = (one: Life) => (other: Life) => one.id === other.id && one.restarts === other.restarts

/** Consecutive parts as equal as they can be, the longer ones first. */
const partOf = (array: ReadonlyArray<unknown>, at: number, of: number): ReadonlyArray<unknown> => {
  const from = (each: number): number => each * Math.floor(array.length / of) + Math.min(each, array.length % of)
  return array.slice(from(at), from(at + 1))
}

const told = (came: Came): string =>
  "error" in came ? `failed with ${String(came.error)}` : `came to ${JSON.stringify(came.value)?.slice(0, 200)}`

const factsOf = ({ error }: { readonly error: unknown }): { readonly _tag?: string; readonly lost?: boolean } =>
  (error ?? {}) as object

export class Stores {
  readonly #held = new Map<string, Held>()

  pushed(names: ReadonlyArray<string>, value: unknown): void {
    for (const name of names) this.#held.set(name, { is: "pushed", value })
  }

  scattered(name: string, array: ReadonlyArray<unknown>, parts: ReadonlyArray<Life>): void {
    this.#held.set(name, { is: "scattered", array, parts })
  }

  unsure(names: ReadonlyArray<string>): void {
    for (const name of names) this.#held.set(name, { is: "unknown" })
  }

  /** What this worker has under a name; undefined for nothing. */
  #of(name: string, life: Life): { readonly value: unknown } | undefined {
    const held = this.#held.get(name)
    if (held?.is === "pushed") return { value: held.value }
    if (held?.is !== "scattered") return undefined
    const at = held.parts.findIndex(isSame(life))
    return at === -1 ? undefined : { value: partOf(held.array, at, held.parts.length) }
  }

  /** What is wrong with what came of a `pull`. */
  ofPull(name: string, members: ReadonlyArray<Life>, came: Came): string | undefined {
    const held = this.#held.get(name)
    if (held?.is === "unknown") return undefined
    const all = members.map((life) => this.#of(name, life))
    if (all.includes(undefined)) {
      const without = members[all.indexOf(undefined)]
      const lost = held?.is === "scattered" && held.parts.some(({ id }) => id === without?.id)
      const isTold = "error" in came && factsOf(came)._tag === "NotInStore" && factsOf(came).lost === lost
      return isTold
        ? undefined
        : `a pull of ${name}, which worker ${without?.id} ${lost ? "lost" : "never had"}, ${told(came)}`
    }
    const expected = all.map((each) => each?.value)
    return "value" in came && isDeepStrictEqual(came.value, expected) ? undefined : `a pull of ${name} ${told(came)}`
  }

  /** What is wrong with what came of a `gather`. */
  ofGather(name: string, members: ReadonlyArray<Life>, came: Came): string | undefined {
    const held = this.#held.get(name)
    if (held?.is === "unknown") return undefined
    const fails = (tag: string, lost?: boolean): string | undefined => {
      const { error } = came as { error?: { _tag?: string; lost?: boolean; name?: string } }
      const isTold = (error?._tag ?? error?.name) === tag && (lost === undefined || error?.lost === lost)
      return isTold ? undefined : `a gather of ${name} ${told(came)}, and should fail with ${tag}`
    }
    if (held === undefined) return fails("NotInStore", false)
    if (held.is === "pushed") {
      const { value } = held
      if (!Array.isArray(value) && !ArrayBuffer.isView(value)) return fails("TypeError")
      const each = [...(value as ReadonlyArray<unknown>)]
      const expected = members.flatMap(() => each)
      return "value" in came && isDeepStrictEqual([...(came.value as Array<unknown>)], expected)
        ? undefined
        : `a gather of ${name}, which was pushed, ${told(came)}`
    }
    if (!held.parts.every((part) => members.some(isSame(part)))) return fails("NotInStore", true)
    return "value" in came && isDeepStrictEqual(came.value, held.array)
      ? undefined
      : `a gather of ${name} ${told(came)}`
  }

  /** What is wrong with what a job saw in the store of its worker. */
  ofPeek(name: string, members: ReadonlyArray<Life>, { found, value, worker }: Peeked): string | undefined {
    if (this.#held.get(name)?.is === "unknown") return undefined
    const life = members.find(({ id }) => id === worker)
    if (life === undefined) return `a job ran on worker ${worker}, which is no member`
    const kept = this.#of(name, life)
    const isRight = kept === undefined ? !found : found && isDeepStrictEqual(value, kept.value)
    return isRight
      ? undefined
      : `worker ${worker} has ${told({ value })} under ${name}, not ${told(kept ?? { value: "nothing" })}`
  }
}
