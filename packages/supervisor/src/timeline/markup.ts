/**
 * Text as a part of HTML, SVG or of a script's data, whatever it contains: what jobs were given and said is anybody's.
 */

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;"
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/g

/**
 * What XML can't contain, and what turns the text around it back to front (bidirectional controls), written so that it
 * is seen.
 */
export const visible = (text: string): string =>
  text.toWellFormed().replaceAll(UNSEEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`)

/** For text and for attribute values in quotes, in HTML and in XML. */
export const escaped = (text: string): string =>
  visible(text).replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character)

/** A value as JSON that can stand in a script element: nothing in it can end that, or begin a comment in it. */
export const scriptJson = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) => (typeof each === "string" ? visible(each) : each)).replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
  )

/** Cut to `max` characters, the last of which then says so. */
export const clipped = (text: string, max: number): string => {
  const line = text.replaceAll(/\s+/g, " ")
  return line.length <= max ? line : `${line.slice(0, max - 1)}…`
}
