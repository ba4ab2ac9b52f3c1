/**
 * Values that wait for their reader, in the order of their jobs or as they came. They stay in the arrays they came
 * in: what is copied from array to array outlives V8's young generation, and grows it. Not how far ahead of the
 * reader they may be.
 */

/** Values of consecutive jobs: those of an array from `at` to before `end`. Whoever has it may clear them, no others. */
export interface Run {
  readonly values: Array<unknown>
  readonly at: number
  readonly end: number
  /** How many jobs they stand for: one more than there are values where a failed job is left out. */
  readonly jobs: number
}

/** A run's values as an array of their own. The one they came in holds them no longer, though others may wait there. */
export const valuesOf = ({ values, at, end }: Run): Array<unknown> => {
  if (at === 0 && end === values.length) return values
  const own = values.slice(at, end)
  values.fill(undefined, at, end)
  return own
}

interface Early extends Run {
  /** The index of its first job. */
  readonly from: number
}

/** Runs shorter than this are handed on together: a reader's turn costs more than a copy of so few. */
const SHORT = 64

export class WaitingValues {
  readonly #ordered: boolean
  /** What can be handed on, from `#first` on. */
  #line: Array<Run> = []
  #first = 0
  #ready = 0
  /** The index of the job that comes after the last in line. */
  #next = 0
  /**
   * Those that wait for others before them, the first of them first. No Map: its outgrown tables still refer to what
   * they held and to their successors, so that a young collection keeps all of it (measured: 15 MB in 5,000,000).
   */
  readonly #early: Array<Early> = []

  constructor(ordered: boolean) {
    this.#ordered = ordered
  }

  /** How many jobs can be handed on. */
  get ready(): number {
    return this.#ready
  }

  /** Takes the values of the jobs from index `from` on. The array is kept, and handed on as it is. */
  put(from: number, values: Array<unknown>): void {
    this.#add(from, { values, at: 0, end: values.length, jobs: values.length })
  }

  /** The job has failed, and has no value. For those in order: else nobody waits for it. */
  leaveOut(index: number): void {
    this.#add(index, { values: [], at: 0, end: 0, jobs: 1 })
  }

  #add(from: number, run: Run): void {
    if (this.#ordered && from !== this.#next) return this.#keepEarly({ ...run, from })
    this.#enqueue(run)
    for (let next = this.#early[0]; next?.from === this.#next; next = this.#early[0]) {
      this.#early.shift()
      this.#enqueue(next)
    }
  }

  #keepEarly(run: Early): void {
    let at = this.#early.length
    // From the end: they come nearly in order.
    while (at > 0 && (this.#early[at - 1]?.from ?? -1) > run.from) at--
    if (at === this.#early.length) this.#early.push(run)
    else this.#early.splice(at, 0, run)
  }

  #enqueue(run: Run): void {
    this.#line.push(run)
    this.#ready += run.jobs
    this.#next += run.jobs
  }

  /** Takes out what comes next, of one job at least and `most` at most; undefined where nothing can be handed on. */
  take(most: number): Run | undefined {
    const run = this.#shift(most)
    if (run === undefined || run.end - run.at >= SHORT || run.jobs >= most) return run
    const values = valuesOf(run)
    let { jobs } = run
    while (values.length < SHORT && jobs < most) {
      const more = this.#shift(most - jobs)
      if (more === undefined) break
      for (const value of valuesOf(more)) values.push(value)
      jobs += more.jobs
    }
    return { values, at: 0, end: values.length, jobs }
  }

  #shift(most: number): Run | undefined {
    const run = this.#line[this.#first]
    if (run === undefined) return undefined
    if (run.jobs > most) {
      const end = run.at + most
      this.#line[this.#first] = { ...run, at: end, jobs: run.jobs - most }
      this.#ready -= most
      return { ...run, end, jobs: most }
    }
    this.#ready -= run.jobs
    this.#line[this.#first++] = GONE
    // Shifting one by one would move the rest each time.
    if (this.#first === this.#line.length || this.#first > 1024) {
      this.#line = this.#line.slice(this.#first)
      this.#first = 0
    }
    return run
  }

  /** Lets go of all of it. */
  clear(): void {
    this.#line = []
    this.#first = 0
    this.#ready = 0
    this.#early.length = 0
  }
}

const GONE: Run = { values: [], at: 0, end: 0, jobs: 0 }
