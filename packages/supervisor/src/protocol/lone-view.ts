/**
 * A large typed array, DataView or Buffer that is a payload's only value: its bytes are the payload, and the payload's
 * kind says what view they were. So nothing is copied to write it, and nothing to read it where the bytes have come
 * alone. Until it is sent, such a payload is lent: it lies in the value's own memory. Not views inside of other
 * values: those are `value-stream.ts`.
 */
import { natureOf } from "./nature.ts"
import { PayloadKind } from "./payload-kind.ts"
import { viewSubstitutionFor } from "./substitute.ts"
import { bareViewOfKind, kindOfView } from "./view-kinds.ts"

/** Below, a copy costs less than what else there is to do. */
export const LONE_VIEW_BYTES: number = 64 * 1024

/** A kind has to be told in one byte, so of the kinds of views a Buffer's takes the last of sixteen. */
const BUFFER = 255
const LAST = 15

export interface LentView {
  readonly kind: PayloadKind
  /** The value's own memory. */
  readonly bytes: Uint8Array
}

/** True for payloads of one view, which are lent until they are sent. */
export const isLoneView = (kind: PayloadKind): boolean => kind >= PayloadKind.view && kind <= PayloadKind.view + LAST

/** The payload of a value that is a large view; undefined for any other, and for one that can't cross. Never throws. */
export const lendView = (value: unknown): LentView | undefined => {
  if (!ArrayBuffer.isView(value)) return undefined
  try {
    if (value.byteLength < LONE_VIEW_BYTES || viewSubstitutionFor(value) !== undefined) return undefined
    if (natureOf(value) !== "leaf") return undefined
    const view = kindOfView(value)
    return {
      kind: (PayloadKind.view + (view === BUFFER ? LAST : view)) as PayloadKind,
      bytes: new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    }
  } catch {
    // A subclass has fields of its own in the way: the codec says what is wrong with it.
    return undefined
  }
}

/**
 * The view of such a payload. It lies on `bytes` where they are all of their memory, which is then its own, else on a
 * copy. Throws where no such view can be.
 */
export const viewOfPayload = (kind: PayloadKind, bytes: Uint8Array): ArrayBufferView => {
  const own = bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes)
  const number = kind - PayloadKind.view
  const view = bareViewOfKind(number === LAST ? BUFFER : number, own.buffer as ArrayBuffer, 0, own.byteLength)
  // A length that is no whole number is cut down to one.
  if (view.byteLength !== own.byteLength) throw new Error(`${own.byteLength} bytes are no whole number of elements`)
  return view
}

/** The message with a payload that is nobody else's: for one that can't be sent before anything else runs. */
export const withOwnPayload = <M extends { readonly _tag: string }>(message: M): M => {
  const { kind, payload } = message as { readonly kind?: PayloadKind; readonly payload?: Uint8Array }
  if (kind === undefined || payload === undefined || !isLoneView(kind)) return message
  return { ...message, payload: new Uint8Array(payload) }
}
