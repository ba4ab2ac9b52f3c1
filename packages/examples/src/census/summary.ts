/**
 * The sums of a census, per extension and in all. Plain data: how it is printed is `print.ts`, how it is kept
 * `facts.ts`.
 */
import { extname } from "node:path"
import type { Entry } from "./entry.ts"

/** Sums over the files that could be read; those that did not parse add no functions or imports. */
export interface Tally {
  readonly files: number
  readonly bytes: number
  readonly gzip: number
  readonly lines: number
  readonly functions: number
  readonly imports: number
}

type EntryOf<Tag extends Entry["_tag"]> = Extract<Entry, { readonly _tag: Tag }>

/** The sums, and what a reader has to know beside them. */
export interface Summary {
  /** Sorted by extension; `.d.ts` counts as `.ts`. */
  readonly extensions: ReadonlyArray<Tally & { readonly extension: string }>
  readonly totals: Tally
  /** The first file with the longest line; undefined where there is no line at all. */
  readonly longestLine: { readonly path: string; readonly length: number } | undefined
  readonly unparsed: ReadonlyArray<EntryOf<"Unparsed">>
  readonly unreadable: ReadonlyArray<EntryOf<"Unreadable">>
  readonly lost: ReadonlyArray<EntryOf<"Lost">>
}

const nothing: Tally = { files: 0, bytes: 0, gzip: 0, lines: 0, functions: 0, imports: 0 }

const add = (sum: Tally, entry: EntryOf<"Counted"> | EntryOf<"Unparsed">): Tally => ({
  files: sum.files + 1,
  bytes: sum.bytes + entry.bytes,
  gzip: sum.gzip + entry.gzip,
  lines: sum.lines + entry.lines,
  functions: sum.functions + (entry._tag === "Counted" ? entry.functions : 0),
  imports: sum.imports + (entry._tag === "Counted" ? entry.imports : 0)
})

/** Sums up entries, which come sorted by path. */
export const summarise = (entries: ReadonlyArray<Entry>): Summary => {
  const read = entries.filter((each) => each._tag === "Counted" || each._tag === "Unparsed")
  const byExtension = Object.groupBy(read, (each) => extname(each.path))
  let longestLine: Summary["longestLine"]
  for (const { path, longestLine: length } of read) {
    if (length > (longestLine?.length ?? 0)) longestLine = { path, length }
  }
  return {
    extensions: Object.entries(byExtension)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([extension, group]) => ({ extension, ...(group ?? []).reduce(add, nothing) })),
    totals: read.reduce(add, nothing),
    longestLine,
    unparsed: entries.filter((each) => each._tag === "Unparsed"),
    unreadable: entries.filter((each) => each._tag === "Unreadable"),
    lost: entries.filter((each) => each._tag === "Lost")
  }
}
