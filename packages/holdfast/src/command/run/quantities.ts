/** Durations and sizes as they are written on a command line: `30s`, `512M`. Pure. */

/** Also in full, as the options in code have it: "2 seconds". */
const UNITS: Readonly<Record<string, string>> = { milli: "ms", second: "s", minute: "m", hour: "h", day: "d" }
const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Node's timers wait no longer. */
const LONGEST_MS = 24 * 86_400_000

export const DURATION = "a duration over 0 with its unit, up to 24d: 500ms, 30s, 5m or 1h"

/** Milliseconds; undefined where it means nothing. A number without a unit does not: seconds here, milliseconds there. */
export const parseDuration = (text: string): number | undefined => {
  const match = /^(\d+(?:\.\d+)?)\s*(?:(ms|s|m|h|d)|(milli|second|minute|hour|day)s?)$/.exec(text.trim())
  if (match === null) return undefined
  const unit = match[2] ?? UNITS[match[3] ?? ""] ?? ""
  const ms = Number(match[1]) * (MILLISECONDS[unit] ?? Number.NaN)
  return ms > 0 && ms <= LONGEST_MS ? ms : undefined
}

const POWERS: Readonly<Record<string, number>> = { k: 1, m: 2, g: 3, t: 4 }

export const SIZE = "a size of 1M or more with its unit: 512M, 2G, 512MiB or 500MB"

/** Bytes; undefined where it means nothing. `M` and `MiB` are 1024², `MB` is 1000². */
export const parseSize = (text: string): number | undefined => {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt])(i?b)?$/i.exec(text.trim())
  if (match === null) return undefined
  const base = match[3]?.toLowerCase() === "b" ? 1000 : 1024
  const bytes = Math.round(Number(match[1]) * base ** (POWERS[(match[2] ?? "").toLowerCase()] ?? Number.NaN))
  return bytes >= 1_000_000 && Number.isSafeInteger(bytes) ? Math.max(bytes, 2 ** 20) : undefined
}

/** A whole number from `least` to `most`; undefined where it is none. */
export const parseWhole = (text: string, least: number, most: number): number | undefined => {
  const number = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN
  return number >= least && number <= most ? number : undefined
}
