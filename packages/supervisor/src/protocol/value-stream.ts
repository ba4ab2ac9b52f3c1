/**
 * Values as v8 writes and reads them, one after another behind one header, with two things v8 leaves open: views, and
 * objects that cross as something else. Also the check before each write: nothing leaves that v8 would quietly turn
 * into something else. Not what a batch of values is: that is `values.ts`.
 */
import { DefaultDeserializer, DefaultSerializer, deserialize, serialize } from "node:v8"
import { natureOf } from "./nature.ts"
import { previewOf } from "./preview.ts"
import { countIfPlain } from "./quick-check.ts"
import { copyWithStandIns, type Original } from "./stand-ins.ts"
import { substitutionOf, viewSubstitutionFor } from "./substitute.ts"
import { pathTo, survey } from "./survey.ts"
import { Unserializable } from "./unserializable.ts"
import { kindOfView, viewOfKind } from "./view-kinds.ts"

/** In place of a view's kind: a substitution follows. */
const SUBSTITUTED = 256

/** Why an object that v8 hands over can't be written. */
class Stopped extends Error {
  readonly at: object

  constructor(at: object, reason: string) {
    super(reason)
    this.at = at
  }
}

/** Writes values. After {@link ValueWriter.spoiled} what it holds is of no use. */
export class ValueWriter extends DefaultSerializer {
  readonly #originals = new Map<object, Original>()
  /** True when a value was given up half-written. */
  spoiled = false

  constructor() {
    super()
    this.writeHeader()
  }

  /**
   * Writes one value and says how many objects it holds (counted again where one stands in several places, if
   * nothing else was doubtful). Throws `Unserializable`.
   */
  add(value: unknown): number {
    let objects = countIfPlain(value)
    let written = value
    if (objects < 0) {
      const found = survey(value)
      if (found.refused !== undefined) throw found.refused
      objects = found.objects
      if (found.substituted) {
        try {
          written = copyWithStandIns(value, this.#originals)
        } catch (error) {
          throw new Unserializable("", `can't be read: ${previewOf(error)}`)
        }
      }
    }
    try {
      this.writeValue(written)
    } catch (error) {
      this.spoiled = true
      throw this.#explained(error, value)
    }
    return objects
  }

  /** Called by v8 for every view, and for objects with native parts. */
  _writeHostObject(object: object): void {
    const original = this.#originals.get(object)
    if (original !== undefined) {
      this.#writeSubstitute(original)
    } else if (ArrayBuffer.isView(object)) {
      const substitution = viewSubstitutionFor(object)
      if (substitution === undefined) this.#writeView(object)
      else this.#writeSubstitute({ object, substitution })
    } else {
      throw new Stopped(object, "is an object with native parts")
    }
  }

  #writeSubstitute({ object, substitution }: Original): void {
    const reason = substitution.refuses?.(object)
    if (reason !== undefined) throw new Stopped(object, reason)
    const data = serialize(substitution.encode(object))
    this.writeUint32(SUBSTITUTED)
    this.writeUint32(substitution.tag)
    this.writeUint32(data.length)
    this.writeRawBytes(data)
  }

  #writeView(view: ArrayBufferView): void {
    const nature = natureOf(view)
    if (typeof nature === "object") throw new Stopped(view, nature.reason)
    this.writeUint32(kindOfView(view))
    this.writeUint32(view.byteLength)
    this.writeRawBytes(new Uint8Array(view.buffer, view.byteOffset, view.byteLength))
  }

  /** What v8's exception means: it names no place, so the value is looked through for it. */
  #explained(error: unknown, value: unknown): Unserializable {
    if (error instanceof Stopped) return new Unserializable(pathTo(value, error.at), error.message)
    const { refused } = survey(value)
    if (refused !== undefined) return refused
    if (error instanceof RangeError && /call stack/.test(error.message)) {
      return new Unserializable("", "is nested too deep")
    }
    return new Unserializable("", `can't be serialised: ${previewOf(error)}`)
  }
}

/** Reads what a {@link ValueWriter} wrote. Throws anything on bytes that are not that, and is then of no more use. */
export class ValueReader extends DefaultDeserializer {
  constructor(bytes: Uint8Array) {
    super(bytes)
    if (!this.readHeader()) throw new Error("no header")
  }

  /** Called by v8 where the writer's `_writeHostObject` was. */
  _readHostObject(): object {
    const kind = this.readUint32()
    if (kind !== SUBSTITUTED) return viewOfKind(kind, this.#readBytes())
    const tag = this.readUint32()
    const data = this.#readBytes()
    const substitution = substitutionOf(tag)
    if (substitution === undefined) throw new Error(`an object of an unknown kind (${tag})`)
    return substitution.decode(deserialize(data))
  }

  #readBytes(): Buffer {
    return this.readRawBytes(this.readUint32())
  }
}
