/**
 * Lines of a task that has schemas: each is what they write as JSON, since little that is worth a schema is JSON by
 * itself, be it a Date or an instance of a class. `effect/Schema` is loaded only for such a task.
 */
import type { AnyTask } from "@holdfast/core"
import type { LineFormat } from "./line-format.ts"

/** A line that has been read, and is no input of this task. */
export class UnfitLine extends Error {
  override get name(): string {
    return "UnfitLine"
  }
}

/** Undefined of a schema that can't be made ready for any value: the pool tells of that, job by job. */
const ready = <A>(make: () => A): A | undefined => {
  try {
    return make()
  } catch {
    return undefined
  }
}

/**
 * The format for lines of this task. A line that can't be decoded may be the input itself, such as the number of a schema
 * that reads numbers from text; what the schema can't say at once is left for the pool to tell of.
 */
export const bySchemas = async (format: LineFormat, { schemas }: AnyTask): Promise<LineFormat> => {
  const { input, output } = schemas
  if (input === undefined && output === undefined) return format
  const { decodeUnknownSync, encodeUnknownSync, is, isSchemaError, toCodecJson } = await import("effect/Schema")
  const decode = input === undefined ? undefined : ready(() => decodeUnknownSync(toCodecJson(input)))
  const fits = input === undefined ? undefined : ready(() => is(input))
  const encode = output === undefined ? undefined : ready(() => encodeUnknownSync(toCodecJson(output)))
  const decoded = (value: unknown): unknown => {
    if (decode === undefined) return value
    try {
      return decode(value)
    } catch (error) {
      if (!isSchemaError(error) || fits?.(value) === true) return value
      throw new UnfitLine(error.message)
    }
  }
  const encoded = (value: unknown): unknown => {
    try {
      return encode === undefined ? value : encode(value)
    } catch {
      // It was read by this schema, which can't write it again: as it is, then, if that is JSON.
      return value
    }
  }
  return {
    ...format,
    parse: (text) => decoded(format.parse(text)),
    write: (value) => format.write(encoded(value))
  }
}
