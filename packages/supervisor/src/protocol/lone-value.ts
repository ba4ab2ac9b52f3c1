/**
 * One value encoded by itself: compactly if it is small and plain, else as v8 writes it. Not many values together,
 * which take a tenth of the time each: that is `values.ts`.
 */
import { NO_ROOM, NOT_COMPACT, readCompact, writeCompact } from "./compact.ts"
import { ValueReader, ValueWriter } from "./value-stream.ts"

const V8_HEADER = 0xff

const scratch = Buffer.allocUnsafeSlow(4096)

/** The bytes of a value by v8. Throws `Unserializable`. */
const encodeFully = (value: unknown): Buffer => {
  const writer = new ValueWriter()
  writer.add(value)
  return writer.releaseBuffer()
}

/** The bytes of one value. Throws `Unserializable`. */
export const encodeLone = (value: unknown): Buffer => {
  const end = writeCompact(value, scratch, 0)
  return end < 0 ? encodeFully(value) : Buffer.from(scratch.subarray(0, end))
}

/** Writes the bytes of one value at an offset; returns where they end, or -1 if they don't fit. */
export const writeLone = (value: unknown, area: Buffer, offset: number): number => {
  const end = writeCompact(value, area, offset)
  if (end !== NOT_COMPACT) return end === NO_ROOM ? -1 : end
  const bytes = encodeFully(value)
  if (offset + bytes.length > area.length) return -1
  area.set(bytes, offset)
  return offset + bytes.length
}

/** The value of such bytes. Throws anything on other bytes. */
export const decodeLone = (bytes: Uint8Array): unknown => {
  if (bytes[0] === V8_HEADER) return new ValueReader(bytes).readValue()
  return readCompact(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
}
