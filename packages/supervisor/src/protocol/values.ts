/**
 * User values on the wire, both directions: many at once, as compact as they allow, read back one by one. Both ends
 * import this file. A value arrives as structured clone would have it, with Buffers and errors as themselves; what
 * can't is refused with the path to it. Not messages or frames: values are the payload inside them.
 */
import { errorSubstitution } from "./error-description.ts"
import { encodeLone } from "./lone-value.ts"
import { lendView } from "./lone-view.ts"
import { payloadOfNumbers } from "./packed-payload.ts"
import { PayloadKind } from "./payload-kind.ts"
import { encodeRows } from "./row-batch.ts"
import { sharedHandles } from "./shared-handles.ts"
import { sharedViews } from "./shared-views.ts"
import { registerSubstitution } from "./substitute.ts"
import { survey } from "./survey.ts"
import { Unserializable } from "./unserializable.ts"
import { isPacked, numbersOf, type PackedNumbers, type ValueList } from "./value-list.ts"
import { ValueWriter } from "./value-stream.ts"

export { BatchReader } from "./batch-reader.ts"
export { PayloadKind, Unserializable }

registerSubstitution(errorSubstitution)
registerSubstitution(sharedViews)
registerSubstitution(sharedHandles)

export interface EncodedBatch {
  readonly kind: PayloadKind
  readonly bytes: Uint8Array
  /** How many values `bytes` holds. */
  readonly count: number
  /** Why the value after them can't cross. */
  readonly refused: Unserializable | undefined
}

const NONE: EncodedBatch = { kind: PayloadKind.numbers, bytes: new Uint8Array(0), count: 0, refused: undefined }

/** The values, if all are numbers: the same memory, where they are packed already. */
const asNumbers = (values: ValueList, from: number, to: number): PackedNumbers | undefined => {
  if (isPacked(values)) return values.subarray(from, to)
  return typeof values[from] === "number" ? numbersOf(values, from, to) : undefined
}

const OBJECT_REFERENCE = 0x5e

/**
 * Number of objects a writer has written; -1 if that can't be told. An object written twice is a back reference the
 * second time: v8's tag and the object's number, as the last bytes.
 */
const objectsIn = (bytes: Uint8Array): number => {
  let at = bytes.length - 1
  while (at > 0 && (bytes[at - 1] ?? 0) >= 0x80) at--
  if (bytes[at - 1] !== OBJECT_REFERENCE) return -1
  let number = 0
  for (let index = bytes.length - 1; index >= at; index--) number = number * 128 + ((bytes[index] ?? 0) & 0x7f)
  return number
}

/** Distinct objects of each value, summed up. */
const countApart = (values: ValueList, from: number, to: number): number => {
  let objects = 0
  for (let index = from; index < to; index++) objects += survey(values[index]).objects
  return objects
}

const asFrames = (values: ValueList, from: number, to: number): EncodedBatch => {
  const parts: Array<Uint8Array> = []
  let refused: Unserializable | undefined
  try {
    for (let index = from; index < to; index++) {
      const bytes = encodeLone(values[index])
      const head = Buffer.allocUnsafe(4)
      head.writeUInt32LE(bytes.length, 0)
      parts.push(head, bytes)
    }
  } catch (error) {
    if (!(error instanceof Unserializable)) throw error
    refused = error
  }
  return { kind: PayloadKind.framed, bytes: Buffer.concat(parts), count: parts.length / 2, refused }
}

/**
 * The stream of values that were all written. v8 keeps an object that stands in several of them one object, so a job
 * that changes its input would change its neighbour's: such values are encoded each by itself.
 */
const finished = (writer: ValueWriter, objects: number, values: ValueList, from: number, to: number): EncodedBatch => {
  const batch = { kind: PayloadKind.batch, count: to - from, refused: undefined }
  if (to - from < 2 || objects === 0) return { ...batch, bytes: writer.releaseBuffer() }
  const probe = {}
  writer.writeValue(probe)
  writer.writeValue(probe)
  const bytes = writer.releaseBuffer()
  const written = objectsIn(bytes)
  if (written !== objects && written !== countApart(values, from, to)) return asFrames(values, from, to)
  return { ...batch, bytes }
}

/**
 * Encodes `values[from..to)` and stops before the first that can't cross: `count` says how many were encoded, and
 * `refused` why `values[from + count]` was not. Never changes a value; a getter may be read more than once.
 */
export const encodeBatch = (values: ValueList, from = 0, to = values.length): EncodedBatch => {
  if (to <= from) return NONE
  const numbers = asNumbers(values, from, to)
  if (numbers !== undefined) return { ...payloadOfNumbers(numbers), count: to - from, refused: undefined }
  const rows = typeof values[from] === "object" ? encodeRows(values as ReadonlyArray<unknown>, from, to) : undefined
  return rows === undefined ? encodeStream(values, from, to) : { kind: PayloadKind.rows, ...rows }
}

/**
 * As {@link encodeBatch}, but never as rows, whose layout may change, and numbers as doubles alone: for what is kept
 * longer than a process.
 */
export const encodeStored = (values: ValueList, from = 0, to = values.length): EncodedBatch => {
  if (to <= from) return NONE
  const numbers = asNumbers(values, from, to)
  if (numbers === undefined) return encodeStream(values, from, to)
  return { ...payloadOfNumbers(new Float64Array(numbers)), count: to - from, refused: undefined }
}

const encodeStream = (values: ValueList, from: number, to: number): EncodedBatch => {
  const writer = new ValueWriter()
  let objects = 0
  for (let index = from; index < to; index++) {
    try {
      objects += writer.add(values[index])
    } catch (error) {
      if (!(error instanceof Unserializable)) throw error
      // Half a value can't be taken back: what was before it is written again.
      const before = writer.spoiled ? encodeStream(values, from, index) : finished(writer, objects, values, from, index)
      return before.refused === undefined ? { ...before, refused: error } : before
    }
  }
  return finished(writer, objects, values, from, to)
}

/**
 * As {@link encodeBatch}; but a large typed array that is the only value is not copied: the bytes are its own memory,
 * lent until they are sent, for which there is time until anything else runs.
 */
export const encodeLent = (values: ValueList): EncodedBatch => {
  const lent = values.length === 1 ? lendView(values[0]) : undefined
  return lent === undefined ? encodeBatch(values) : { kind: lent.kind, bytes: lent.bytes, count: 1, refused: undefined }
}
