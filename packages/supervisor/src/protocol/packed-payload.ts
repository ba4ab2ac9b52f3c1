/**
 * Packed numbers as a payload, and back: their bare little-endian bytes, and the kind that says how wide they are. Not
 * when numbers are packed: `value-list.ts`.
 */
import { PayloadKind } from "./payload-kind.ts"
import type { PackedNumbers } from "./value-list.ts"

/** The payload of numbers; the same memory. */
export const payloadOfNumbers = (
  numbers: PackedNumbers
): { readonly kind: PayloadKind; readonly bytes: Uint8Array<ArrayBufferLike> } => {
  const kind =
    numbers instanceof Float64Array
      ? PayloadKind.numbers
      : numbers instanceof Int32Array
        ? PayloadKind.int32
        : PayloadKind.int16
  return { kind, bytes: new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength) }
}

/** Whether a payload of this kind holds packed numbers. */
export const isOfNumbers = (kind: PayloadKind): boolean =>
  kind === PayloadKind.numbers || kind === PayloadKind.int32 || kind === PayloadKind.int16

/** The numbers of such a payload, at most `most`; on its own memory, where they can lie there. */
export const numbersOfPayload = (
  kind: PayloadKind,
  bytes: Uint8Array<ArrayBufferLike>,
  most: number
): PackedNumbers => {
  const Numbers = kind === PayloadKind.numbers ? Float64Array : kind === PayloadKind.int32 ? Int32Array : Int16Array
  const width = Numbers.BYTES_PER_ELEMENT
  const count = Math.min(most, Math.floor(bytes.byteLength / width))
  const { buffer, byteOffset } = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes)
  return new Numbers(buffer as ArrayBuffer, byteOffset, count)
}
