/**
 * What the parent knows of each task: its number on the wire, its definition for workers, and the codecs of
 * its schemas. `effect/Schema` is loaded only for tasks that have schemas.
 */
import type { AnyTask } from "@holdfast/core"
import type { Define, Definition } from "../protocol/messages.ts"
import { OwnRegistry } from "../protocol/own-registry.ts"
import { schemaError } from "../protocol/thrown-words.ts"
import { BatchReader, encodeBatch, type PayloadKind, Unserializable } from "../protocol/values.ts"

/** The value does not fit; `message` is the schema's. */
export class Mismatch {
  readonly error: Error
  constructor(error: Error) {
    this.error = error
  }
}

type Coder = (value: unknown) => unknown

/** A typed error of a chain, as it crosses: written by the error schema of the part that failed. */
export interface PartError {
  readonly part: number
  readonly error: unknown
}

/** How a task's values cross, on the parent's side. Each throws {@link Mismatch}. */
export interface TaskCodec {
  readonly encodeInput: Coder | undefined
  readonly decodeOutput: Coder | undefined
  readonly decodeError: Coder | undefined
}

const NO_CODEC: TaskCodec = { encodeInput: undefined, decodeOutput: undefined, decodeError: undefined }

const hasSchemas = ({ schemas, parts = [] }: AnyTask): boolean =>
  schemas.input !== undefined || schemas.output !== undefined || schemas.error !== undefined || parts.some(hasSchemas)

const loadCodec = async (task: AnyTask): Promise<TaskCodec> => {
  const [Schema, Exit, Cause] = await Promise.all([
    import("effect/Schema"),
    import("effect/Exit"),
    import("effect/Cause")
  ])
  // Whatever a schema throws, as it is made ready for its first value or at any, is why that value does not fit.
  const through = (ready: () => (value: unknown) => import("effect/Exit").Exit<unknown, unknown>): Coder => {
    let step: ReturnType<typeof ready> | undefined
    const stepped = (value: unknown): ReturnType<NonNullable<typeof step>> => {
      try {
        step ??= ready()
        return step(value)
      } catch (thrown) {
        return Exit.die(thrown)
      }
    }
    return (value) => {
      const exit = stepped(value)
      if (Exit.isSuccess(exit)) return exit.value
      throw new Mismatch(schemaError(Cause.squash(exit.cause)))
    }
  }
  const decoderOf = (schema: AnyTask["schemas"]["error"]): Coder | undefined =>
    schema === undefined ? undefined : through(() => Schema.decodeUnknownExit(Schema.toCodecJson(schema)))
  const { schemas, parts } = task
  const bound = parts?.[0]?.bound ?? task.bound
  const fixed = Object.assign({}, ...bound)
  const { input } = schemas
  const encode = input === undefined ? undefined : through(() => Schema.encodeUnknownExit(Schema.toCodecJson(input)))
  // Reads the input's fields, of which a getter may throw, as the schema itself would.
  const whole: Coder = (value) => {
    try {
      return { ...(value as object), ...fixed }
    } catch (thrown) {
      throw new Mismatch(schemaError(thrown))
    }
  }
  const ofParts = parts?.map((part) => decoderOf(part.schemas.error))
  return {
    encodeInput: encode === undefined || bound.length === 0 ? encode : (value) => encode(whole(value)),
    decodeOutput: decoderOf(schemas.output),
    decodeError:
      ofParts === undefined
        ? decoderOf(schemas.error)
        : (value) => {
            const { part, error } = value as PartError
            return ofParts[part]?.(error) ?? error
          }
  }
}

/** A task as this pool knows it. */
export interface KnownTask {
  readonly id: number
  readonly task: AnyTask
  codec: TaskCodec | undefined
  /** Whether a job of it has succeeded: its module does no harm to a worker that loads it. */
  proven: boolean
  /** What a job of the last batch took, smoothed; undefined before there was one. */
  meanMs: number | undefined
  readonly define: () => Define
}

/** Throws `Unserializable` if what `with` fixed can't be sent. */
const definitionOf = ({ module, name, kind, schemas, bound: fixed }: AnyTask, takesInput: boolean): Definition => {
  // With an input schema the whole input is checked, and sent, with what was bound.
  const bound = takesInput && schemas.input !== undefined ? [] : fixed
  const { kind: boundKind, bytes, refused } = encodeBatch(bound)
  if (refused !== undefined) throw refused
  return { module, name, bare: kind === "module", boundCount: bound.length, boundKind, bound: bytes }
}

const nameOf = ({ module, name, parts }: AnyTask): string =>
  JSON.stringify((parts ?? [{ module, name }]).map((part) => [part.module, part.name]))

/**
 * The tasks that the program still has: `with` makes a new one at each call, with what it fixes, which would otherwise
 * be kept for as long as there is a pool.
 */
export class TaskBook {
  readonly #known = new WeakMap<AnyTask, KnownTask>()
  /** By number, in the order they came. */
  readonly #all = new Map<number, WeakRef<KnownTask>>()
  /** By name. */
  readonly #proven = new Map<string, WeakRef<KnownTask>>()
  readonly #collected: FinalizationRegistry<number>
  #lastId = 0

  /** `forgotten` is told of a task that nobody has any more. */
  constructor(forgotten: (taskId: number) => void) {
    this.#collected = new OwnRegistry<number>((id) => {
      this.#all.delete(id)
      forgotten(id)
    })
  }

  /** The task's entry. Throws `Unserializable` if what `with` fixed can't be sent. */
  get(task: AnyTask): KnownTask {
    const found = this.#known.get(task)
    if (found !== undefined) return found
    const definition = definitionOf(task, true)
    const parts = task.parts?.map((part, at) => definitionOf(part, at === 0))
    const id = ++this.#lastId
    const known: KnownTask = {
      id,
      task,
      codec: hasSchemas(task) ? undefined : NO_CODEC,
      proven: false,
      meanMs: undefined,
      define: () => ({ _tag: "Define", taskId: id, ...definition, ...(parts === undefined ? {} : { parts }) })
    }
    this.#known.set(task, known)
    this.#all.set(id, new WeakRef(known))
    this.#collected.register(task, id)
    return known
  }

  /** A task that this pool has been given, by itself or in a chain, by module and name. */
  find(module: string, name: string): AnyTask | undefined {
    const isIt = (task: AnyTask): boolean => task.module === module && task.name === name && task.kind !== "chain"
    for (const reference of this.#all.values()) {
      const task = reference.deref()?.task
      const found = task === undefined || isIt(task) ? task : task.parts?.find(isIt)
      if (found !== undefined) return found
    }
    return undefined
  }

  /** A job of it has succeeded. True for the first of those that differ only in what `with` has fixed. */
  prove(known: KnownTask): boolean {
    known.proven = true
    const name = nameOf(known.task)
    const isFirst = !this.#proven.has(name)
    this.#proven.set(name, new WeakRef(known))
    return isFirst
  }

  /** Those of which a job has succeeded; of those that differ only in what `with` has fixed, the last. */
  get proven(): ReadonlyArray<KnownTask> {
    return [...this.#proven.values()].flatMap((reference) => reference.deref() ?? [])
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
