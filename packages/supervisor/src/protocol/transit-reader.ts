/**
 * Takes payloads out of a transit file, each into memory of its own, and counts them for the writer. What is told of a
 * payload that is still being written is read at once, so that it is nearly there when its frame comes. Not the file,
 * nor how it is written: `transit.ts`.
 */
import { readSync, writeSync } from "node:fs"
import { MAX_BODY_BYTES, ProtocolViolation } from "./frames.ts"
import { HEAD_BYTES, type Place, TransitFile } from "./transit.ts"

/** A payload that was read so far. */
interface Begun {
  readonly at: number
  readonly bytes: Buffer
  done: number
}

/** The reader's side. */
export class TransitReader {
  readonly #file: TransitFile
  readonly #word = Buffer.alloc(4)
  #taken = 0
  #begun: Begun | undefined

  /** Throws where `descriptor` is no file. */
  constructor(descriptor: number) {
    this.#file = new TransitFile(descriptor)
  }

  /**
   * Reads as much of a payload as is said to be there, for a `take` of the same place to find it. Throws
   * `ProtocolViolation` where none can lie there.
   */
  ahead(place: Place, written: number): void {
    // What was begun is looked at again when it is taken: a file that is another by then is found out there.
    const begun = this.#begunAt(place) ?? this.#beginning(place)
    if (!(Number.isSafeInteger(written) && written >= begun.done && written <= place.length))
      throw new ProtocolViolation(`${written} bytes said to be there of ${place.length}, after ${begun.done}`)
    this.#begun = begun
    this.#readTo(begun, written)
  }

  /** Forgets what was read ahead: it will not be taken. */
  drop(): void {
    this.#begun = undefined
  }

  /** Reads a payload into memory of its own, once. Throws `ProtocolViolation` where none can lie there. */
  take(place: Place): Buffer {
    const begun = this.#beginning(place)
    this.#begun = undefined
    this.#readTo(begun, place.length)
    this.#taken = (this.#taken + 1) >>> 0
    this.#word.writeUInt32LE(this.#taken, 0)
    writeSync(this.#file.descriptor, this.#word, 0, 4, 0)
    return begun.bytes
  }

  #beginning({ at, length }: Place): Begun {
    // Each time: a task may have closed the file, or cut it.
    const size = this.#file.size()
    const isPlace = Number.isSafeInteger(at) && at >= HEAD_BYTES && Number.isSafeInteger(length) && length >= 0
    if (!isPlace || length > MAX_BODY_BYTES || at + length > size)
      throw new ProtocolViolation(`a payload of ${length} bytes said to lie at ${at} in a file of ${size}`)
    return this.#begunAt({ at, length }) ?? { at, bytes: Buffer.allocUnsafeSlow(length), done: 0 }
  }

  #begunAt({ at, length }: Place): Begun | undefined {
    return this.#begun?.at === at && this.#begun.bytes.length === length ? this.#begun : undefined
  }

  #readTo(begun: Begun, end: number): void {
    const { at, bytes } = begun
    while (begun.done < end) {
      const read = readSync(this.#file.descriptor, bytes, begun.done, end - begun.done, at + begun.done)
      if (read === 0) throw new ProtocolViolation(`a payload of ${bytes.length} bytes that ends after ${begun.done}`)
      begun.done += read
    }
  }
}
