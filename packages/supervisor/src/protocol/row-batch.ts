/** Many values as rows, where that pays. Not one row: that is `row-writer.ts`. */
import { RowWriter } from "./row-writer.ts"
import { Unserializable } from "./unserializable.ts"

export interface RowBatch {
  readonly bytes: Uint8Array
  readonly count: number
  readonly refused: Unserializable | undefined
}

/** A value that is no row takes ten times as long alone as among others: one of so many is let pass. */
const MISFITS_IN = 16

const FIRST_BYTES = 64 * 1024
/** A larger area is not kept for the next batch. */
const KEPT_BYTES = 1024 * 1024

let kept: RowWriter | undefined

/** Encodes `values[from..to)` as rows; undefined where too many of them are none. */
export const encodeRows = (values: ReadonlyArray<unknown>, from: number, to: number): RowBatch | undefined => {
  const writer = kept ?? new RowWriter(Buffer.allocUnsafeSlow(FIRST_BYTES), true)
  // A getter may encode something, too.
  kept = undefined
  try {
    return written(writer, values, from, to)
  } finally {
    if (writer.end <= KEPT_BYTES) kept = writer
    writer.begin()
  }
}

const written = (writer: RowWriter, values: ReadonlyArray<unknown>, from: number, to: number): RowBatch | undefined => {
  let refused: Unserializable | undefined
  let at = from
  let misfits = 0
  try {
    for (; at < to; at++) {
      if (writer.put(values[at])) continue
      if (++misfits > (at - from) / MISFITS_IN) return undefined
      writer.putLone(values[at])
    }
  } catch (error) {
    if (!(error instanceof Unserializable)) throw error
    refused = error
  }
  // In memory of their own.
  return { bytes: new Uint8Array(writer.written), count: at - from, refused }
}
