/**
 * Values kept so that they can be given to a task again, exactly: encoded as they are for a worker. What is large goes
 * to a file beside the report. Not their preview, which is for people.
 */
import { readFileSync } from "node:fs"
import { basename, join } from "node:path"
import { BatchReader, encodeStored, PayloadKind } from "../protocol/values.ts"
import type { StoredValues } from "./FailureReport.ts"

/** Larger values would make a report that nobody can read. */
export const LARGEST_INLINE = 1024 * 1024
/** Beyond, a failed job would cost more than it is worth. */
export const LARGEST_STORED = 64 * 1024 * 1024

const ENCODINGS = [
  ["numbers", PayloadKind.numbers],
  ["values", PayloadKind.batch],
  ["frames", PayloadKind.framed]
] as const

/** Values that were encoded; `beside` holds those that belong into a file of their own. */
export interface Stored {
  readonly values: StoredValues
  readonly beside: Uint8Array | undefined
}

/** Encodes values; `file` is what a file beside the report would be called. Throws where one can't be sent at all. */
export const storeValues = (values: ReadonlyArray<unknown>, file: string): Stored => {
  const { kind, bytes, count, refused } = encodeStored(values)
  if (refused !== undefined)
    throw new Error(`it can't be sent to a worker either: value${refused.path} ${refused.message}`)
  if (bytes.length > LARGEST_STORED)
    throw new Error(
      `it takes ${Math.round(bytes.length / 1e6)} MB, and at most ${LARGEST_STORED / 2 ** 20} MiB are kept`
    )
  const encoding = ENCODINGS.find(([, each]) => each === kind)?.[0] ?? "values"
  const common = { encoding, count, bytes: bytes.length }
  return bytes.length > LARGEST_INLINE
    ? { values: { ...common, file }, beside: bytes }
    : { values: { ...common, base64: Buffer.from(bytes).toString("base64") }, beside: undefined }
}

/** The values again. Throws an Error that says what is missing. */
export const restoreValues = (stored: StoredValues, directory: string): Array<unknown> => {
  const { base64, bytes, count, encoding, file } = stored
  const read = (): Buffer => {
    if (base64 !== undefined) return Buffer.from(base64, "base64")
    if (file === undefined) throw new Error("neither base64 nor a file of it is in the report")
    // A name alone: a report that was tampered with reads nothing from elsewhere.
    const path = join(directory, basename(file))
    try {
      return readFileSync(path)
    } catch (error) {
      throw new Error(`${path}, which holds it, can't be read: ${error instanceof Error ? error.message : error}`)
    }
  }
  const payload = read()
  if (payload.length !== bytes) throw new Error(`it has ${payload.length} bytes, where ${bytes} were stored`)
  const kind = ENCODINGS.find(([name]) => name === encoding)?.[1]
  if (kind === undefined) throw new Error(`its encoding ${JSON.stringify(encoding)} is not known`)
  const reader = new BatchReader(kind, payload, count)
  return Array.from({ length: count }, () => reader.next())
}
