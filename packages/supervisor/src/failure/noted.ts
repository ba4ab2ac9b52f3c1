/**
 * What a worker's thread has noted of where it is, or was at its end: a call that holds it up in native code, or with
 * which it ended itself. Written by `worker/noted-calls.ts`; a worker's own code can write there too, so nothing of it
 * is trusted.
 */
import type { Frame } from "@holdfast/core"
import { ownFrames } from "./own-frames.ts"
import { framesOfStack } from "./stack-frames.ts"

/** A call, and from where it was made, innermost first. */
export interface NotedCall {
  readonly call: string
  readonly frames: ReadonlyArray<Frame>
}

const NAME = /^[\w.]{1,60}$/

/** Undefined where nothing was noted, or what is no note. */
export const notedCall = (note: string | undefined): NotedCall | undefined => {
  const call = note?.split("\n", 1)[0] ?? ""
  if (note === undefined || !NAME.test(call)) return undefined
  const frames = ownFrames(framesOfStack(note))
  return frames.length === 0 ? undefined : { call, frames }
}
