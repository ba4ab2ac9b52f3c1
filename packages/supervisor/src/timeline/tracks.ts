/** Lays the bars of a worker that ran jobs side by side out on lines, so that none covers another. Pure. */
import type { ReportBar } from "./report-data.ts"
import type { Bar } from "./Track.ts"

/** More lines than that would be too thin to be seen: what is left shares the last. */
const MOST_TRACKS = 16

/** The bars by their start, each with its line, and how many lines there are. */
export const laidOut = (
  bars: ReadonlyArray<Bar>
): { readonly bars: ReadonlyArray<ReportBar>; readonly tracks: number } => {
  const sorted = bars.toSorted((a, b) => a.startedAt - b.startedAt)
  const ends: Array<number> = []
  const placed = sorted.map(({ beside, pinned: _pinned, ...bar }) => {
    if (!beside) {
      ends[0] = Math.max(ends[0] ?? 0, bar.endedAt)
      return bar
    }
    const free = ends.findIndex((end) => end <= bar.startedAt)
    const track = Math.min(free === -1 ? ends.length : free, MOST_TRACKS - 1)
    ends[track] = bar.endedAt
    return { ...bar, track }
  })
  return { bars: placed, tracks: Math.max(1, ends.length) }
}
