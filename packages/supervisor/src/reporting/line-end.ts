/**
 * Whether what a program writes to a terminal ends a line there. Pure.
 */

const ESCAPE = "\u001B"
/** Colours and modes, which leave the cursor where it is; behind the escape. */
const STILL = /^\[[?\d;:]*[hlm]$/
/** Longer than a newline and what may follow it without moving the cursor. */
const TAIL = 128

const tailOf = (chunk: unknown, encoding: unknown): string => {
  if (chunk instanceof Uint8Array) return Buffer.from(chunk.subarray(-TAIL)).toString("latin1")
  if (typeof chunk !== "string") return ""
  const isText = typeof encoding !== "string" || /^utf-?8$/i.test(encoding)
  return isText ? chunk.slice(-TAIL) : tailOf(Buffer.from(chunk, encoding as BufferEncoding), undefined)
}

/** What the last line on a terminal is when this has been written there; undefined where that changes nothing. */
export const lineAfter = (chunk: unknown, encoding: unknown): "open" | "ended" | undefined => {
  let text = tailOf(chunk, encoding)
  for (let at = text.lastIndexOf(ESCAPE); at !== -1 && STILL.test(text.slice(at + 1)); at = text.lastIndexOf(ESCAPE))
    text = text.slice(0, at)
  if (text === "") return undefined
  return text.endsWith("\n") ? "ended" : "open"
}
