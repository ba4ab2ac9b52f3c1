/**
 * Jobs that were settled while a worker has them: where they are, and how their worker is made to let go of
 * them. It is asked first, and ended after `killGrace` if it can't.
 */
import type { ErrorDescription } from "../protocol/error-description.ts"
import { describeError } from "../protocol/error-description.ts"
import type { Chunk } from "../scheduler/Chunk.ts"
import type { Lane } from "../scheduler/Lane.ts"
import type { Slot } from "../slot/Slot.ts"
import { investigate } from "./investigation.ts"

/** How often is looked whether those that run beside a hung job have finished. */
const AGAIN_MS = 50
/** Beside others, a worker whose event loop has not turned for so long is blocked: what computes has not that long. */
const BLOCKED_MS = 1000

type Asking = (chunk: Chunk) => boolean

const isUnderWay = ({ finished, startedAt }: Chunk): boolean => startedAt !== undefined && !finished

/** Whether its module is being loaded there, and another has begun, or is loaded, beside it since. */
const isOvertaken = ({ chunks, link }: Slot, chunk: Chunk): boolean =>
  chunk.beside &&
  chunk.loads &&
  chunk.startedAt === undefined &&
  chunks.includes(chunk) &&
  (link?.mark()?.chunkId ?? 0) > chunk.id

export class Releases {
  readonly #slots: ReadonlyArray<Slot>
  readonly #killGraceMs: number

  constructor(slots: ReadonlyArray<Slot>, killGraceMs: number) {
    this.#slots = slots
    this.#killGraceMs = killGraceMs
  }

  /** Where a job is, if a worker has it. */
  find(lane: Lane, index: number): { readonly slot: Slot; readonly chunk: Chunk; readonly offset: number } | undefined {
    for (const slot of this.#slots) {
      for (const chunk of slot.chunks) {
        const offset = index - chunk.base
        if (chunk.lane === lane && offset >= chunk.next && offset < chunk.count) return { slot, chunk, offset }
      }
    }
    return undefined
  }

  /** Lets go of a job that was settled here: its worker is asked to end it, and is ended if it can't. */
  forsake(slot: Slot, chunk: Chunk, offset: number, reason: ErrorDescription, kill?: "timeout"): void {
    if (chunk.forsaken.has(offset)) return
    chunk.forsaken.add(offset)
    const { link } = slot
    if (kill !== undefined) {
      slot.kill(kill)
      return
    }
    link?.send({ _tag: "Cancel", chunkId: chunk.id, offset, reason })
    this.#afterGrace(
      slot,
      chunk,
      (asked) => slot.runningIn(asked) === offset,
      (asked) => offset >= asked.next
    )
  }

  /** Whether a job runs there beside this chunk's, be it one that is to end. */
  hasCompany({ chunks }: Slot, of: Chunk): boolean {
    // Where each has its worker to itself, another that has begun is one whose results have not been read yet.
    return of.beside && chunks.some((chunk) => chunk !== of && isUnderWay(chunk))
  }

  /** Whether a job runs there, beside this chunk's, that nobody wants ended. */
  hasBystanders({ chunks }: Slot, culprit: Chunk): boolean {
    return chunks.some((chunk) => chunk !== culprit && isUnderWay(chunk) && !chunk.forsaken.has(chunk.next))
  }

  /**
   * Ends the worker if it still runs what it was asked to end. A blocked worker has not read that, and may begin the job
   * later: as long as it may, it is looked at again.
   */
  #afterGrace(slot: Slot, asked: Chunk, isRunning: Asking, mayBegin: Asking = () => true): void {
    const { link } = slot
    // Mostly it is long gone by then: its inputs, of whatever size, are not kept for that.
    const reference = new WeakRef(asked)
    const look = (): void => {
      const chunk = reference.deref()
      if (chunk === undefined || slot.link !== link || !slot.chunks.includes(chunk)) return
      const isMeant = isRunning(chunk)
      const isAtWork = (): boolean => isRunning(chunk) || isOvertaken(slot, chunk)
      if (!isAtWork()) {
        if (mayBegin(chunk)) setTimeout(look, this.#killGraceMs).unref()
        return
      }
      if (isMeant && !this.hasBystanders(slot, chunk)) return slot.kill("cancelled")
      // Those that run beside it have done nothing: they finish first, and no other begins there.
      if (isMeant) slot.handle({ _tag: "Retire" })
      void this.#isBlocked(slot).then((isBlocked) => {
        // Then none of them ever may: whose code it is in can't be told.
        if (isBlocked && slot.link === link && isAtWork()) slot.kill("cancelled")
        else setTimeout(look, AGAIN_MS).unref()
      })
    }
    setTimeout(look, this.#killGraceMs).unref()
  }

  /** Whether its worker's thread is seen to be blocked, and for long. Inline, none could look. */
  async #isBlocked(slot: Slot): Promise<boolean> {
    const { link } = slot
    if (link?.watchdog === undefined || (await slot.inspect(BLOCKED_MS)) !== undefined || slot.link !== link)
      return false
    const { blocked, isSeen } = await investigate(slot)
    return blocked && (isSeen === true || link.stopped?.() === true)
  }

  /** Lets go of all of a lane's jobs that workers have; those not settled yet. */
  release(lane: Lane, why: Error): Array<{ readonly index: number; readonly input: unknown }> {
    const left: Array<{ readonly index: number; readonly input: unknown }> = []
    const reason = describeError(why)
    for (const slot of this.#slots) {
      // A copy: taking in what was kept may finish a chunk.
      for (const chunk of [...slot.chunks]) {
        if (chunk.lane !== lane) continue
        slot.collectKept()
        for (let offset = chunk.next; offset < chunk.count; offset++) {
          if (!chunk.forsaken.has(offset)) left.push({ index: chunk.base + offset, input: chunk.inputs[offset] })
          chunk.forsaken.add(offset)
        }
        // Which of them runs is the worker's to say: it may begin one, or the next, before it reads this.
        slot.link?.send({ _tag: "Cancel", chunkId: chunk.id, offset: -1, unwanted: true, reason })
        this.#afterGrace(
          slot,
          chunk,
          (asked) => slot.head === asked || (asked.startedAt !== undefined && slot.chunks.includes(asked))
        )
      }
    }
    return left
  }
}
