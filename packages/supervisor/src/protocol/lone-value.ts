/**
 * One value encoded by itself, as v8 writes it: some 5 µs, so it is for what is rare or has to be apart. Not many
 * values together, which take a tenth of the time each: that is `values.ts`.
 */
import { ValueReader, ValueWriter } from "./value-stream.ts"

/** The bytes of one value. Throws `Unserializable`. */
export const encodeLone = (value: unknown): Buffer => {
  const writer = new ValueWriter()
  writer.add(value)
  return writer.releaseBuffer()
}

/** The value of such bytes. Throws anything on other bytes. */
export const decodeLone = (bytes: Uint8Array): unknown => new ValueReader(bytes).readValue()
