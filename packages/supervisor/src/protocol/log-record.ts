/**
 * Reads a line that a worker printed: pino's JSON with its level, message and fields, or plain text, whose level
 * says which stream it came from. Not who printed it.
 */
type StreamName = "stdout" | "stderr"

export interface LogRecord {
  /** pino's number. */
  readonly level: number
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>> | undefined
}

/** Level of plain text. */
const PLAIN: Record<StreamName, number> = { stdout: 30, stderr: 40 }
/** What pino adds to every record; of the worker and its machine the parent knows itself. */
const PINOS_OWN = /^(?:level|time|pid|hostname|msg)$/

const parsed = (text: string): LogRecord | undefined => {
  try {
    const { level, msg, ...rest } = JSON.parse(text) as Record<string, unknown>
    if (typeof level !== "number" || !Number.isFinite(level)) return undefined
    const fields = Object.fromEntries(Object.entries(rest).filter(([name]) => !PINOS_OWN.test(name)))
    const message = typeof msg === "string" ? msg : msg === undefined ? "" : JSON.stringify(msg)
    return { level, message, fields: Object.keys(fields).length === 0 ? undefined : fields }
  } catch {
    return undefined
  }
}

export const readRecord = (text: string, stream: StreamName): LogRecord =>
  (text.startsWith(`{"level":`) ? parsed(text) : undefined) ?? {
    level: PLAIN[stream],
    message: text,
    fields: undefined
  }

const readable = (text: string, stream: StreamName): string => {
  const { fields, message } = readRecord(text, stream)
  return fields === undefined ? message : `${message} ${JSON.stringify(fields)}`
}

/** The last lines as a person reads them: of a record its message, and its fields behind it. At most so many. */
export const readableLines = (lines: ReadonlyArray<string>, stream: StreamName, most: number): ReadonlyArray<string> =>
  lines
    .slice(-most)
    .flatMap((line) => readable(line, stream).split("\n"))
    .slice(-most)
