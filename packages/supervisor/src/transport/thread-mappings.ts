/**
 * The shared memory that a thread has mapped, undone by its host once the thread has ended: it lies in the program's
 * own address space, and no code of the thread's runs at its end. Not a process's, whose mappings go with it.
 */
import { type Mapping, unmap } from "../protocol/shared-memory.ts"

export class ThreadMappings {
  readonly #mapped = new Map<bigint, Mapping>()

  note(mapping: Mapping): void {
    if (mapping._tag === "Mapped") this.#mapped.set(mapping.pointer, mapping)
    else this.#mapped.delete(mapping.pointer)
  }

  /** To be called when the thread is no more, and all that it has told has been noted. */
  end(): void {
    for (const mapping of this.#mapped.values()) unmap(mapping)
    this.#mapped.clear()
  }

  /** Leaves them as they are, for a thread that may still run. */
  forget(): void {
    this.#mapped.clear()
  }
}
