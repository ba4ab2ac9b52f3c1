/**
 * The shared memory that a thread has mapped, undone by its host once the thread has ended: it lies in the program's
 * own address space, and no code of the thread's runs at its end. Not a process's, whose mappings go with it.
 */
import { type Mapping, unmap } from "../protocol/shared-memory.ts"

export class ThreadMappings {
  readonly #bytes = new Map<bigint, number>()

  note({ _tag, pointer, bytes }: Mapping): void {
    if (_tag === "Mapped") this.#bytes.set(pointer, bytes)
    else this.#bytes.delete(pointer)
  }

  /** To be called when the thread is no more, and all that it has told has been noted. */
  end(): void {
    for (const [pointer, bytes] of this.#bytes) unmap({ pointer, bytes })
    this.#bytes.clear()
  }

  /** Leaves them as they are, for a thread that may still run. */
  forget(): void {
    this.#bytes.clear()
  }
}
