/**
 * Where suspended generators stand: at which `yield` of which file. For Effects, which are generators that wait; of an
 * async function V8 keeps the same in no place that can be reached.
 */
import { fileURLToPath } from "node:url"
import type { Frame } from "@holdfast/core"
import { ask, endOwn, idOf, type OwnSession, openOwn } from "../protocol/own-inspector.ts"

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

const fileOf = (url: string): string => {
  try {
    return url.startsWith("file:") ? fileURLToPath(url) : url
  } catch {
    return url
  }
}

const readFiles = (session: OwnSession): void => {
  session.on("Debugger.scriptParsed", ({ params }) => files.set(params.scriptId, fileOf(params.url)))
  session.post("Debugger.enable")
  session.post("Debugger.disable")
}

const frameOf = (session: OwnSession, { description, objectId }: Remote): Frame | undefined => {
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
  const session = openOwn()
  if (session === undefined) return []
  try {
    const objectId = idOf(session, generators)
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
    endOwn(session)
  }
}
