/**
 * The inputs of a run, read line by line as the pool asks for them, and the book of which job came from which line.
 * Bounded twice: no more jobs are handed out than keep the workers busy for a moment, so that a stop has little to
 * wait for, and none while too many results wait for an earlier one. Lines that are no input are told, and passed over.
 */
import { fractionRead } from "@holdfast/supervisor"
import type { DoneLines } from "./done-lines.ts"
import type { Line, LineReader } from "./LineReader.ts"
import { UnfitLine } from "./schema-lines.ts"

/** A line that became a job, or would have. */
export interface Origin {
  /** Which of the lines that count it is, from 0: blank ones don't. */
  readonly place: number
  /** The line's number in the input, from 1. */
  readonly line: number
  readonly text: string
}

/** A line that can't be an input. */
export interface BrokenLine {
  readonly place: number
  readonly line: number
  readonly problem: string
  /** Undefined where it is no text. */
  readonly text: string | undefined
  /** True where it could be read, and does not fit the task's schema. */
  readonly unfit?: boolean
}

interface Setup {
  readonly lines: LineReader
  /** What a line's text means; throws where it means nothing. */
  readonly parse: (text: string) => unknown
  /** Whether a line with nothing in it is passed over. */
  readonly skipBlank: boolean
  /** Lines that an earlier run has done, which are passed over; undefined where none has. */
  readonly done?: DoneLines | undefined
  /** Jobs that all workers run at once, at least. */
  readonly width: number
  /** Gives what is to be waited for before the next line is read; undefined where nothing is. */
  readonly onBroken: (broken: BrokenLine) => Promise<void> | undefined
  /** Whether too many results wait for an earlier one. */
  readonly isFull: () => boolean
}

/** Beyond what runs, so many are handed out as have ended within this time and the one before. */
const RECENT_MS = 50
const MOST_AHEAD = 65_536

const DONE: IteratorResult<never, undefined> = { done: true, value: undefined }

/**
 * How many jobs may be out at once, where so many have ended of late: none but those that run, where they take long.
 * So there is little to wait for when the run is to end.
 */
export const allowance = (width: number, recent: number): number => Math.min(width + recent, MOST_AHEAD)

export class Intake implements AsyncIterableIterator<unknown, undefined> {
  readonly #setup: Setup
  readonly #out = new Map<number, Origin>()
  #places = 0
  #jobs = 0
  /** Jobs that have ended since `#since`, and in the time before. */
  #recent = 0
  #before = 0
  #since = performance.now()
  #stopped = false
  #wake: (() => void) | undefined
  /** Set where what is written of broken lines, which are no jobs, is not taken as fast as they are read. */
  #room: Promise<void> | undefined
  /** Set where the input could not be read to its end. */
  failure: { readonly error: unknown } | undefined
  /** Lines that count and were passed over, for they are done, and the last of them. */
  passedOver = 0
  lastDone = 0
  /** How much of the input stood before the first job, for it was done. */
  #doneBefore = 0
  /** Whether a line came when no more was wanted. */
  #dropped = false
  /** The last line that was read; before the first, the one in front of it. */
  lastLine: number

  constructor(setup: Setup) {
    this.#setup = setup
    this.lastLine = setup.lines.first - 1
  }

  /** Jobs handed out that have not ended. */
  get out(): number {
    return this.#out.size
  }

  /** True once every line has been read, and each job has ended. */
  get complete(): boolean {
    return this.rest === "none" && this.#out.size === 0
  }

  /** Whether there are lines that have not been taken in; undefined where only reading on would tell. */
  get rest(): "some" | "none" | undefined {
    return this.#dropped ? "some" : this.#setup.lines.rest
  }

  /** The first line that has come to nothing yet. Once a run has ended: that was never run. */
  get nextLine(): number {
    return this.#out.values().next().value?.line ?? this.lastLine + 1
  }

  /** How far what was not done before has been read, for whoever shows progress: of that are the jobs he counts. */
  get [fractionRead](): number | undefined {
    const { fraction } = this.#setup.lines
    return fraction === undefined ? undefined : (fraction - this.#doneBefore) / (1 - this.#doneBefore)
  }

  originOf(index: number): Origin | undefined {
    return this.#out.get(index)
  }

  /** A job has ended. */
  settled(index: number): void {
    this.#out.delete(index)
    const now = performance.now()
    if (now - this.#since >= RECENT_MS) {
      this.#before = now - this.#since < 2 * RECENT_MS ? this.#recent : 0
      this.#recent = 0
      this.#since = now
    }
    this.#recent++
    this.look()
  }

  /** Hands out no more. */
  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#setup.lines.stop()
    this.look()
  }

  /** There may be room again. */
  look(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }

  get #hasRoom(): boolean {
    const { isFull, width } = this.#setup
    return this.#out.size < allowance(width, this.#before + this.#recent) && !isFull()
  }

  async next(): Promise<IteratorResult<unknown, undefined>> {
    const { lines } = this.#setup
    while (!this.#stopped) {
      if (!this.#hasRoom) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
        continue
      }
      let line = lines.take()
      if (line === undefined) {
        try {
          line = await lines.next()
        } catch (error) {
          this.failure = { error }
          break
        }
        if (this.#stopped) this.#dropped = line !== undefined
        if (this.#stopped || line === undefined) break
      }
      const input = this.#inputOf(line)
      if (input !== undefined) return input
      if (this.#room !== undefined) await this.#roomFor(this.#room)
    }
    return DONE
  }

  /** Waits for it, or until a job has ended or no more is wanted. */
  #roomFor(room: Promise<void>): Promise<void> {
    this.#room = undefined
    return new Promise((resolve) => {
      this.#wake = resolve
      void room.then(resolve)
    })
  }

  #inputOf(line: Line): IteratorResult<unknown, undefined> | undefined {
    const { onBroken, parse, skipBlank } = this.#setup
    this.lastLine = line.number
    if (skipBlank && line._tag === "Text" && line.text.trim() === "") return undefined
    if (this.#isDone(line)) return undefined
    if (line._tag === "Broken") {
      this.#room = onBroken({ place: this.#places++, line: line.number, problem: line.problem, text: undefined })
      return undefined
    }
    const { number, text } = line
    let value: unknown
    try {
      value = parse(text)
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error)
      this.#room = onBroken({ place: this.#places++, line: number, problem, text, unfit: error instanceof UnfitLine })
      return undefined
    }
    this.#out.set(this.#jobs++, { place: this.#places++, line: number, text })
    return { done: false, value }
  }

  #isDone({ number }: Line): boolean {
    if (this.#setup.done?.has(number, this.passedOver + this.#places) !== true) return false
    this.passedOver++
    this.lastDone = number
    if (this.#jobs === 0) this.#doneBefore = this.#setup.lines.fraction ?? 0
    return true
  }

  return(): Promise<IteratorResult<unknown, undefined>> {
    this.stop()
    return Promise.resolve(DONE)
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
