/**
 * What a worker's watchdog has read, without what only the program's own function hides. What can be told by rules has
 * not left the worker: that is `mask.cts`.
 */
import type { Frame } from "@holdfast/core"
import { MASKED } from "../protocol/preview.ts"
import type { Mask } from "./mask.cts"
import type { Capture } from "./messages.ts"

const veiledFrame = (frame: Frame, { hides }: Mask): Frame => {
  if (frame.locals === undefined) return frame
  const locals = Object.entries(frame.locals).map(([name, text]) => [name, hides(name, text) ? MASKED : text])
  return { ...frame, locals: Object.fromEntries(locals) }
}

/** The capture as it may be shown. */
export const veiled = (capture: Capture | undefined, mask: Mask | undefined): Capture | undefined =>
  capture === undefined || mask?.asks !== true
    ? capture
    : { ...capture, frames: capture.frames.map((frame) => veiledFrame(frame, mask)) }
