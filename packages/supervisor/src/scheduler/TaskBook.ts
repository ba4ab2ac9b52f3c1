/**
 * What the parent knows of each task: its number on the wire, its definition for workers, and the codecs of
 * its schemas. `effect/Schema` is loaded only for tasks that have schemas.
 */
import type { AnyTask } from "@holdfast/core"
import type { Define } from "../protocol/messages.ts"
import { BatchReader, encodeBatch, type PayloadKind, Unserializable } from "../protocol/values.ts"

/** The value does not fit; `message` is the schema's. */
export class Mismatch {
  readonly error: Error
  constructor(error: Error) {
    this.error = error
  }
}

type Coder = (value: unknown) => unknown

/** How a task's values cross, on the parent's side. Each throws {@link Mismatch}. */
export interface TaskCodec {
  readonly encodeInput: Coder | undefined
  readonly decodeOutput: Coder | undefined
  readonly decodeError: Coder | undefined
}

const NO_CODEC: TaskCodec = { encodeInput: undefined, decodeOutput: undefined, decodeError: undefined }

const loadCodec = async ({ schemas, bound }: AnyTask): Promise<TaskCodec> => {
  const [Schema, Exit, Cause] = await Promise.all([
    import("effect/Schema"),
    import("effect/Exit"),
    import("effect/Cause")
  ])
  const through =
    (step: (value: unknown) => import("effect/Exit").Exit<unknown, unknown>): Coder =>
    (value) => {
      const exit = step(value)
      if (Exit.isSuccess(exit)) return exit.value
      const error = Cause.squash(exit.cause)
      throw new Mismatch(error instanceof Error ? error : new Error(String(error)))
    }
  const { input, output, error } = schemas
  const fixed = Object.assign({}, ...bound)
  const encode = input === undefined ? undefined : through(Schema.encodeUnknownExit(Schema.toCodecJson(input)))
  return {
    encodeInput:
      encode === undefined || bound.length === 0 ? encode : (value) => encode({ ...(value as object), ...fixed }),
    decodeOutput: output === undefined ? undefined : through(Schema.decodeUnknownExit(Schema.toCodecJson(output))),
    decodeError: error === undefined ? undefined : through(Schema.decodeUnknownExit(Schema.toCodecJson(error)))
  }
}

/** A task as this pool knows it. */
export interface KnownTask {
  readonly id: number
  readonly task: AnyTask
  codec: TaskCodec | undefined
  readonly define: () => Define
}

export class TaskBook {
  readonly #known = new Map<AnyTask, KnownTask>()
  #lastId = 0

  /** The task's entry. Throws `Unserializable` if what `with` fixed can't be sent. */
  get(task: AnyTask): KnownTask {
    const found = this.#known.get(task)
    if (found !== undefined) return found
    const { schemas } = task
    const hasSchemas = schemas.input !== undefined || schemas.output !== undefined || schemas.error !== undefined
    // With an input schema the whole input is checked, and sent, with what was bound.
    const bound = schemas.input === undefined ? task.bound : []
    const { kind, bytes, refused } = encodeBatch(bound)
    if (refused !== undefined) throw refused
    const id = ++this.#lastId
    const known: KnownTask = {
      id,
      task,
      codec: hasSchemas ? undefined : NO_CODEC,
      define: () => ({
        _tag: "Define",
        taskId: id,
        module: task.module,
        name: task.name,
        bare: task.kind === "module",
        boundCount: bound.length,
        boundKind: kind,
        bound: bytes
      })
    }
    this.#known.set(task, known)
    return known
  }

  /** A task that this pool has been given, by module and name. */
  find(module: string, name: string): AnyTask | undefined {
    for (const task of this.#known.keys()) if (task.module === module && task.name === name) return task
    return undefined
  }

  /** Loads the task's schemas' codecs. */
  async prepare(known: KnownTask): Promise<void> {
    known.codec ??= await loadCodec(known.task)
  }
}

/** One value out of a message that carries its payload kind in its first byte. */
export const readTagged = (bytes: Uint8Array): unknown =>
  new BatchReader(bytes[0] as PayloadKind, bytes.subarray(1), 1).next()

export { Unserializable }
