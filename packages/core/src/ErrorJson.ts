/**
 * JSON of errors and of whatever hangs on them, for `toJSON` of the failures: never throws, though an error may
 * be circular, hold BigInts, or have getters that throw. Not for the wire, which restores what it carries.
 */

const UNSHOWABLE = "[could not be shown]"
const SEEN = "[seen above]"
const DEEPEST = 8

/** What `read` gives, or a word in its place. */
const guarded = (read: () => unknown): unknown => {
  try {
    return read()
  } catch {
    return UNSHOWABLE
  }
}

const textOf = (read: () => unknown): string => String(guarded(() => String(read())))

const ownFieldsOf = (error: Error): Record<string, unknown> => {
  const own: Record<string, unknown> = {}
  for (const key of Object.keys(error)) {
    if (key !== "cause" && key !== "job") own[key] = guarded(() => jsonOf(Reflect.get(error, key)))
  }
  return own
}

/** JSON of an error, its causes and its aggregated errors. Never throws. */
export const jsonOfError = (error: unknown, depth = 0, seen = new Set<unknown>()): unknown => {
  if (depth > DEEPEST) return "[deeper causes left out]"
  return guarded(() => {
    if (!(error instanceof Error)) return jsonOf(error)
    if (seen.has(error)) return SEEN
    seen.add(error)
    const stack = textOf(() => error.stack ?? "")
    const cause = guarded(() => error.cause)
    const errors = error instanceof AggregateError ? guarded(() => error.errors) : undefined
    return {
      ...ownFieldsOf(error),
      name: textOf(() => error.name),
      message: textOf(() => error.message),
      stack: stack === "" ? [] : stack.split("\n").map((line) => line.trim()),
      ...(cause === undefined ? {} : { cause: jsonOfError(cause, depth + 1, seen) }),
      ...(Array.isArray(errors) ? { errors: errors.map((each) => jsonOfError(each, depth + 1, seen)) } : {})
    }
  })
}

/** JSON of a value that may be circular, hold BigInts or have getters that throw. Never throws. */
export const jsonOf = (value: unknown): unknown =>
  guarded(() => {
    const seen = new WeakSet<object>()
    const text = JSON.stringify(value, (_key, each: unknown) => {
      if (typeof each === "bigint") return `${each}n`
      if (typeof each === "object" && each !== null) {
        if (seen.has(each)) return SEEN
        seen.add(each)
      }
      return each
    })
    return text === undefined ? String(value) : JSON.parse(text)
  })
