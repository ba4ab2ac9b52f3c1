/** Takes a pool's events down, and says where they contradict each other, or the report. */
import type { EventOf, PoolEvent, RunReport } from "holdfast"

const count = <K>(counts: Map<K, number>, key: K, by = 1): void => {
  counts.set(key, (counts.get(key) ?? 0) + by)
}

export class Witness {
  readonly failed = new Map<string, number>()
  readonly errors = new Map<string, unknown>()
  readonly retried = new Map<string, number>()
  succeeded = 0
  /** Workers that the pool itself has ended. */
  ended = 0
  lost = false
  readonly #events: Array<PoolEvent> = []
  readonly #done: Promise<void>

  constructor(events: AsyncIterable<PoolEvent>) {
    this.#done = this.#read(events)
  }

  async #read(events: AsyncIterable<PoolEvent>): Promise<void> {
    for await (const event of events) {
      if (event._tag === "EventsDropped") this.lost = true
      if (event._tag === "Log" || event._tag === "JobProgress") continue
      this.#events.push(event)
      if (event._tag === "WorkerExited" && event.expected) this.ended++
      if (event._tag === "JobsSucceeded") this.succeeded += event.count
      if (event._tag === "JobRetrying") count(this.retried, event.job.key)
      if (event._tag !== "JobFailed") continue
      count(this.failed, event.job.key)
      this.errors.set(event.job.key, event.error)
    }
  }

  /** Resolves with the pool's last event. */
  get done(): Promise<void> {
    return this.#done
  }

  #of<Tag extends PoolEvent["_tag"]>(tag: Tag): Array<EventOf<Tag>> {
    return this.#events.filter((event): event is EventOf<Tag> => event._tag === tag)
  }

  /** What is wrong with them. */
  objections(report: RunReport): Array<string> {
    if (this.lost) return []
    return [...this.#workers(), ...this.#batches(), ...this.#totals(report), ...this.#end()]
  }

  #workers(): Array<string> {
    const wrong: Array<string> = []
    // The first ones start before anybody can listen.
    const seen = new Set<number>()
    const lives = new Map<number, "starting" | "ready">()
    for (const event of this.#events) {
      if ("worker" in event && !seen.has(event.worker) && event._tag !== "WorkerStarting")
        lives.set(event.worker, "starting")
      if ("worker" in event) seen.add(event.worker)
      if (event._tag === "WorkerStarting") {
        if (lives.has(event.worker)) wrong.push(`worker ${event.worker} started twice`)
        lives.set(event.worker, "starting")
      } else if (event._tag === "WorkerReady") {
        if (lives.get(event.worker) !== "starting") wrong.push(`worker ${event.worker} was ready, and had not started`)
        lives.set(event.worker, "ready")
      } else if (event._tag === "WorkerExited") {
        if (!lives.delete(event.worker)) wrong.push(`worker ${event.worker} exited, and was not there`)
      } else if (event._tag === "JobsSucceeded" && lives.get(event.worker) === undefined)
        wrong.push(`a job succeeded on worker ${event.worker}, which was not there`)
    }
    for (const [worker, state] of lives) wrong.push(`worker ${worker} never exited: ${state}`)
    return wrong
  }

  #batches(): Array<string> {
    const wrong: Array<string> = []
    const succeededOf = new Map<number, number>()
    const failedOf = new Map<number, number>()
    for (const { batch, count: by } of this.#of("JobsSucceeded")) count(succeededOf, batch, by)
    for (const { batch } of this.#of("JobFailed")) count(failedOf, batch)
    const ended = this.#of("BatchEnded")
    for (const { batch, task, total } of this.#of("BatchStarted")) {
      const ends = ended.filter((end) => end.batch === batch)
      const [end] = ends
      if (ends.length !== 1 || end === undefined) {
        wrong.push(`batch ${batch} of ${task} ended ${ends.length} times`)
        continue
      }
      const { failed, notRun, succeeded } = end
      if (total !== undefined && succeeded + failed + notRun !== total)
        wrong.push(`batch ${batch}: ${succeeded} + ${failed} + ${notRun} is not ${total}`)
      if (notRun < 0) wrong.push(`batch ${batch}: ${notRun} were not run`)
      const told = [succeededOf.get(batch) ?? 0, failedOf.get(batch) ?? 0]
      if (told[0] !== succeeded || told[1] !== failed)
        wrong.push(`batch ${batch} ended with ${succeeded} and ${failed} failed, and told of ${told.join(" and ")}`)
    }
    for (const [key, times] of this.failed)
      if (times > 1 && key.endsWith(".")) wrong.push(`job ${key} failed ${times} times`)
    return wrong
  }

  #totals({ summary }: RunReport): Array<string> {
    const failed = this.#of("JobFailed").length
    const retried = this.#of("JobRetrying").length
    const of = (what: string, report: number, events: number): Array<string> =>
      report === events ? [] : [`the report tells of ${report} ${what}, the events of ${events}`]
    return [
      ...of("succeeded", summary.succeeded, this.succeeded),
      ...of("failed", summary.failed + summary.cancelled, failed),
      ...of("retried", summary.retried, retried)
    ]
  }

  #end(): Array<string> {
    const last = this.#events.at(-1)
    if (last?._tag !== "PoolClosed") return [`the last event was ${last?._tag}`]
    return this.#of("PoolClosed").length === 1 ? [] : ["PoolClosed was told more than once"]
  }
}
