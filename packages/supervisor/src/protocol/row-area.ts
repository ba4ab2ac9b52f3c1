/**
 * The bytes of rows as they are written: an area that may grow, and the cells without a structure of their own. Not
 * which values are rows: that is `row-writer.ts`.
 */
import { LONGEST_STRING, Tag } from "./row-shape.ts"

/** From here on two calls into Buffer take less time than a loop over the characters. */
const LONG_TEXT = 40

export class RowArea {
  protected area: Buffer
  protected at = 0
  #view: DataView
  readonly #grows: boolean
  #full = false

  /** `grows`: the area is replaced by a larger one when it is full. */
  constructor(area: Buffer, grows: boolean) {
    this.area = area
    this.#view = new DataView(area.buffer, area.byteOffset, area.length)
    this.#grows = grows
  }

  /** What has been written, not copied. */
  get written(): Buffer {
    return this.area.subarray(0, this.at)
  }

  get end(): number {
    return this.at
  }

  /** True when something did not fit into the area: the payload must be begun anew. */
  get full(): boolean {
    return this.#full
  }

  protected empty(): void {
    this.at = 0
    this.#full = false
  }

  /** Whether there are so many bytes left, or can be. */
  protected room(bytes: number): boolean {
    if (this.at + bytes <= this.area.length) return true
    if (!this.#grows) {
      this.#full = true
      return false
    }
    const larger = Buffer.allocUnsafeSlow(Math.max(this.area.length * 2, this.at + bytes))
    this.area.copy(larger, 0, 0, this.at)
    this.area = larger
    this.#view = new DataView(larger.buffer, larger.byteOffset, larger.length)
    return true
  }

  /** A tag, and a byte that belongs to it. For these and for numbers there must be room. */
  protected tag(tag: number, byte: number): void {
    this.area[this.at] = tag
    this.area[this.at + 1] = byte
    this.at += 2
  }

  protected number(value: number): void {
    const whole = value | 0
    // -0 is no whole number: it would lose its sign.
    if (whole !== value || (whole === 0 && 1 / value < 0)) this.double(Tag.double, value)
    else if (whole >= -128 && whole < 128) this.tag(Tag.byte, whole)
    else {
      this.area[this.at] = Tag.int
      this.#view.setInt32(this.at + 1, whole, true)
      this.at += 5
    }
  }

  protected double(tag: number, value: number): void {
    this.area[this.at] = tag
    this.#view.setFloat64(this.at + 1, value, true)
    this.at += 9
  }

  /** A tag, and how much follows. There must be room. */
  protected head(tag: number, length: number): void {
    this.area[this.at] = tag
    this.#view.setUint32(this.at + 1, length, true)
    this.at += 5
  }

  /** Bytes as they are, behind a tag and their length; false where there is no room. */
  protected bytes(tag: number, bytes: Uint8Array): boolean {
    if (!this.room(5 + bytes.length)) return false
    this.head(tag, bytes.length)
    this.area.set(bytes, this.at)
    this.at += bytes.length
    return true
  }

  /** The bytes of a view, behind its kind; false where there is no room. */
  protected typed(kind: number, bytes: Uint8Array): boolean {
    if (!this.room(6 + bytes.length)) return false
    this.head(Tag.view, bytes.length)
    this.area[this.at] = kind
    this.area.set(bytes, this.at + 1)
    this.at += 1 + bytes.length
    return true
  }

  /** Numbers alone, as `tag` says; false where one is none after all, or there is no room. */
  protected packed(tag: typeof Tag.ints | typeof Tag.doubles, numbers: ReadonlyArray<unknown>): boolean {
    const { length } = numbers
    if (!this.room(5 + length * 8)) return false
    this.head(tag, length)
    const view = this.#view
    let at = this.at
    for (let index = 0; index < length; index++) {
      const number = numbers[index]
      if (typeof number !== "number") return false
      if (tag === Tag.ints) {
        view.setInt32(at, number, true)
        at += 4
      } else {
        view.setFloat64(at, number, true)
        at += 8
      }
    }
    this.at = at
    return true
  }

  /** False where it is too long or there is no room. */
  protected text(text: string): boolean {
    const { length } = text
    if (length > LONGEST_STRING || !this.room(3 + length * 2)) return false
    // Only ASCII has as many bytes as characters.
    if (length > LONG_TEXT) this.#long(text, Buffer.byteLength(text) === length ? Tag.latin1 : Tag.utf16)
    else if (!this.#short(text)) this.#long(text, Tag.utf16)
    return true
  }

  #short(text: string): boolean {
    const { area, at } = this
    const { length } = text
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index)
      if (code > 255) return false
      area[at + 2 + index] = code
    }
    this.tag(Tag.short, length)
    this.at += length
    return true
  }

  #long(text: string, tag: typeof Tag.latin1 | typeof Tag.utf16): void {
    this.area[this.at] = tag
    this.#view.setUint16(this.at + 1, text.length, true)
    this.at += 3 + this.area.write(text, this.at + 3, tag === Tag.latin1 ? "latin1" : "utf16le")
  }
}
