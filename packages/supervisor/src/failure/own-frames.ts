/**
 * Frames as a person wants them: in the sources that were written, and the user's own alone. Those of a bundle are told
 * apart by their sources only. Not where a line came from, which is `source-map.ts`.
 */
import type { Frame, Resource } from "@holdfast/core"
import { isForeign } from "./call-site.ts"
import { mappedFrame } from "./source-map.ts"

/** The user's own frames; all of them where none is. */
export const ownFrames = (frames: ReadonlyArray<Frame>): ReadonlyArray<Frame> => {
  const mapped = frames.map(mappedFrame)
  const own = mapped.filter(({ file }) => !isForeign(file))
  return own.length === 0 ? mapped : own
}

/** The first of the user's own frames; the first of all where none is. */
export const ownFrame = (frames: ReadonlyArray<Frame>): Frame | undefined => {
  for (const frame of frames) {
    const mapped = mappedFrame(frame)
    if (!isForeign(mapped.file)) return mapped
  }
  return frames[0] === undefined ? undefined : mappedFrame(frames[0])
}

/** What was opened in the source that was written. */
export const mappedResource = <R extends Resource>(resource: R): R =>
  resource.openedAt === undefined ? resource : { ...resource, openedAt: mappedFrame(resource.openedAt) }
