/**
 * Where suspended generators stand: at which `yield` of which file. V8 tells its debugger that, and nobody else, so this
 * thread debugs itself for a moment: some milliseconds the first time, about one later. For Effects, which are
 * generators that wait; of an async function V8 keeps the same in no place that can be reached.
 */
import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"
import type { Frame } from "@holdfast/core"

type Inspector = typeof import("node:inspector")
type Session = InstanceType<Inspector["Session"]>

interface Remote {
  readonly objectId?: string
  readonly description?: string
  readonly value?: unknown
}
interface Property {
  readonly name: string
  readonly value?: Remote
}
interface Properties {
  readonly result: ReadonlyArray<Property>
  readonly internalProperties?: ReadonlyArray<Property>
}
interface Location {
  readonly scriptId: string
  readonly lineNumber: number
  readonly columnNumber?: number
}

/** Of the scripts of this thread, by V8's number. */
const files = new Map<string, string>()
const SEAT = Symbol.for("holdfast/suspended")

/** Within one thread, a session answers before `post` returns. */
const ask = <A>(session: Session, method: string, params: object): A | undefined => {
  let answer: unknown
  session.post(method, params, (error, result) => {
    if (error === null) answer = result
  })
  return answer as A | undefined
}

const fileOf = (url: string): string => {
  try {
    return url.startsWith("file:") ? fileURLToPath(url) : url
  } catch {
    return url
  }
}

const readFiles = (session: Session): void => {
  session.on("Debugger.scriptParsed", ({ params }) => files.set(params.scriptId, fileOf(params.url)))
  session.post("Debugger.enable")
  session.post("Debugger.disable")
}

const frameOf = (session: Session, { description, objectId }: Remote): Frame | undefined => {
  if (objectId === undefined) return undefined
  const { internalProperties = [] } =
    ask<Properties>(session, "Runtime.getProperties", { objectId, ownProperties: true }) ?? {}
  const found = internalProperties.find(({ name }) => name === "[[GeneratorLocation]]")?.value?.value
  const location = found as Location | undefined
  if (location === undefined) return undefined
  if (!files.has(location.scriptId)) readFiles(session)
  const file = files.get(location.scriptId)
  if (file === undefined || file === "") return undefined
  const name = description === undefined || description === "Generator" ? "(anonymous)" : description
  return { function: name, file, line: location.lineNumber + 1, column: (location.columnNumber ?? 0) + 1 }
}

/** Where each of these generators stands, as far as that is told. Never throws. */
export const placesOf = (generators: ReadonlyArray<object>): ReadonlyArray<Frame> => {
  if (generators.length === 0) return []
  let session: Session | undefined
  try {
    const { Session: Debug }: Inspector = createRequire(import.meta.url)("node:inspector")
    session = new Debug()
    session.connect()
    Reflect.set(globalThis, SEAT, generators)
    const list = ask<{ readonly result: Remote }>(session, "Runtime.evaluate", {
      expression: 'globalThis[Symbol.for("holdfast/suspended")]'
    })
    const { objectId } = list?.result ?? {}
    const { result = [] } =
      objectId === undefined
        ? {}
        : (ask<Properties>(session, "Runtime.getProperties", { objectId, ownProperties: true }) ?? {})
    const places: Array<Frame> = []
    for (const { name, value } of result) {
      const frame = /^\d+$/.test(name) && value !== undefined ? frameOf(session, value) : undefined
      if (frame !== undefined) places.push(frame)
    }
    return places
  } catch {
    return []
  } finally {
    Reflect.deleteProperty(globalThis, SEAT)
    try {
      session?.disconnect()
    } catch {
      // Never connected.
    }
  }
}
