/**
 * What V8 tells a debugger and nobody else, about the very thread that asks: it debugs itself for a moment, some 20
 * milliseconds the first time and one later. Not how another thread is looked at, which is the watchdog's.
 */
import { createRequire } from "node:module"

type Inspector = typeof import("node:inspector")
export type OwnSession = InstanceType<Inspector["Session"]>

const SEAT = Symbol.for("holdfast/inspected")

/** A session with this thread; undefined where there is none to be had. Whoever has it ends it, by {@link endOwn}. */
export const openOwn = (): OwnSession | undefined => {
  try {
    const { Session }: Inspector = createRequire(import.meta.url)("node:inspector")
    const session = new Session()
    session.connect()
    return session
  } catch {
    return undefined
  }
}

export const endOwn = (session: OwnSession): void => {
  try {
    session.disconnect()
  } catch {
    // It had ended.
  }
}

/** What a session says to a question; undefined where it has no answer. Within one thread it answers before `post` returns. */
export const ask = <A>(session: OwnSession, method: string, params: object): A | undefined => {
  let answer: unknown
  session.post(method, params, (error, result) => {
    if (error === null) answer = result
  })
  return answer as A | undefined
}

/** What a session calls an object by. */
export const idOf = (session: OwnSession, object: object): string | undefined => {
  Reflect.set(globalThis, SEAT, object)
  try {
    const expression = `globalThis[Symbol.for(${JSON.stringify(SEAT.description)})]`
    const seen = ask<{ readonly result: { readonly objectId?: string } }>(session, "Runtime.evaluate", { expression })
    return seen?.result.objectId
  } finally {
    Reflect.deleteProperty(globalThis, SEAT)
  }
}
