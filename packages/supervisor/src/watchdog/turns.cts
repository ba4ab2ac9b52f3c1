/**
 * Captures of one thread in their turn: one at a time, and one that comes while another is under way shares what that
 * finds. Not how a capture is made, which is `pause.cts`. CommonJS, so that it loads while the main thread spins.
 */
import type { Capture, CaptureRequest } from "./messages.ts"

type Take = (request: CaptureRequest) => Promise<Capture>

export interface TurnsModule {
  /** `join` is given what is under way. */
  readonly inTurn: (take: Take, join: (request: CaptureRequest, underWay: Promise<Capture>) => Promise<Capture>) => Take
}

const inTurn: TurnsModule["inTurn"] = (take, join) => {
  let last: Promise<unknown> = Promise.resolve()
  let resuming: Promise<Capture> | undefined
  return (request) => {
    if (resuming !== undefined && request.resume) return join(request, resuming)
    const taken = last.then(() => take(request)).catch((): Capture => ({ state: "failed", frames: [] }))
    last = taken
    if (request.resume) {
      resuming = taken
      void taken.finally(() => {
        if (resuming === taken) resuming = undefined
      })
    }
    return taken
  }
}

module.exports = { inTurn } satisfies TurnsModule
