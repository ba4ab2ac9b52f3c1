/**
 * Writes a pool's events to a log: the only place that knows pino. Without a logger of the user's it makes one for
 * stderr (never stdout, which may be the program's data): readable on a terminal, JSON elsewhere, and synchronous,
 * so that the last records before an exit are there. Loads pino when there is something to log.
 */
import { createRequire } from "node:module"
import { isatty } from "node:tty"
import type { PoolEvent } from "@holdfast/core"
import type { LogFn, Logger } from "pino"
import type { PrettyOptions } from "pino-pretty"
import type { EventBus } from "./EventBus.ts"
import { type EventRecord, recordOf } from "./event-record.ts"
import { forgivingWriteSync } from "./forgiving-write.ts"
import { stderrLine } from "./TerminalLine.ts"

export interface EventLog {
  /** Resolves when everything logged so far has been handed on, or after a second. */
  flush(): Promise<void>
  /** Logs nothing more. */
  stop(): void
}

const STDERR = 2
/** Records that may wait for pino to load. */
const MAX_QUEUED = 10_000
const FLUSH_MS = 1000

type Pino = typeof import("pino").pino
type PrettyFactory = typeof import("pino-pretty").prettyFactory

/** Where a record is from, for a person: `[w3 square#12]`. */
const origin = (record: Record<string, unknown>): string => {
  const { attempt, job, task, worker } = record
  const again = typeof attempt === "number" && attempt > 1 ? ` attempt ${attempt}` : ""
  const who = [
    worker === undefined ? undefined : `w${worker}`,
    task === undefined ? undefined : `${task}#${job}${again}`
  ]
  const known = who.filter((each) => each !== undefined)
  return known.length === 0 ? "" : `[${known.join(" ")}] `
}

const prettyOptions = (): PrettyOptions => ({
  colorize: process.env.NO_COLOR === undefined && process.env.TERM !== "dumb",
  translateTime: "SYS:HH:MM:ss.l",
  ignore: "pid,hostname,pool,worker,task,job,attempt,stream,batch,key,stack",
  messageFormat: (record, messageKey) => {
    const { stack } = record
    return `${origin(record)}${String(record[messageKey] ?? "")}${typeof stack === "string" ? `\n${stack}` : ""}`
  }
})

/** A logger for stderr. Synchronous, and takes no exit listener. */
const stderrLogger = (pino: Pino, pretty: PrettyFactory | undefined): Logger => {
  const format = pretty?.(prettyOptions()) ?? ((line: string) => line)
  return pino({ base: null }, { write: (line: string) => forgivingWriteSync(STDERR, format(line)) })
}

/** Pretty for a terminal alone. */
const isTerminal = (): boolean => isatty(STDERR)

const load = async (): Promise<Logger> => {
  const [{ pino }, pretty] = await Promise.all([import("pino"), isTerminal() ? import("pino-pretty") : undefined])
  return stderrLogger(pino, pretty?.prettyFactory)
}

/** At exit nothing asynchronous comes to its end any more. */
const loadNow = (): Logger => {
  const require = createRequire(import.meta.url)
  return stderrLogger(
    require("pino") as Pino,
    isTerminal() ? (require("pino-pretty") as { readonly prettyFactory: PrettyFactory }).prettyFactory : undefined
  )
}

const LEVELS = [
  [60, "fatal"],
  [50, "error"],
  [40, "warn"],
  [30, "info"],
  [20, "debug"]
] as const

/** The logger's own name of a level; one between pino's counts as that below. */
const methodOf = (logger: Logger, level: number): LogFn | undefined => {
  const standard = LEVELS.find(([least]) => level >= least)?.[1] ?? "trace"
  for (const name of [logger.levels.labels[level] ?? standard, standard]) {
    const method: unknown = Reflect.get(logger, name)
    if (typeof method === "function") return method as LogFn
  }
  return undefined
}

class PinoSink implements EventLog {
  readonly #label: string
  readonly #isOwn: boolean
  /** Only people read along: no field says what the message has said. */
  readonly #terse: boolean
  readonly #unsubscribe: () => void
  #logger: Logger | undefined
  #loading: Promise<void> | undefined
  #queue: Array<EventRecord> = []
  #dropped = 0

  constructor(bus: EventBus, logger: Logger | undefined, label: string) {
    this.#label = label
    this.#isOwn = logger === undefined
    this.#terse = this.#isOwn && isTerminal()
    if (logger !== undefined) this.#use(logger)
    this.#unsubscribe = bus.subscribe((event) => this.#take(event))
  }

  async flush(): Promise<void> {
    await this.#loading
    const logger = this.#logger
    if (logger === undefined) return
    await new Promise<void>((resolve) => {
      // A transport whose thread has died may never call back.
      const timer = setTimeout(resolve, FLUSH_MS)
      logger.flush(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  stop(): void {
    this.#unsubscribe()
  }

  #take(event: PoolEvent): void {
    const record = recordOf(event)
    // pino's own default level, which may not be there yet to be asked.
    if (record === undefined || (this.#isOwn && record.level < 30)) return
    if (this.#logger !== undefined) {
      this.#write(this.#logger, record)
      return
    }
    if (this.#queue.length < MAX_QUEUED) this.#queue.push(record)
    else this.#dropped++
    this.#loading ??= this.#load()
  }

  async #load(): Promise<void> {
    process.on("exit", this.#drainAtExit)
    try {
      const logger = await load()
      this.#use(logger)
    } catch (error) {
      process.emitWarning(
        `pino could not be loaded, so the pool's events are not logged. ${String(error)}`,
        "HoldfastWarning"
      )
    } finally {
      process.off("exit", this.#drainAtExit)
    }
  }

  readonly #drainAtExit = (): void => this.#use(loadNow())

  #use(logger: Logger): void {
    this.#logger = logger.child({ pool: this.#label })
    const queued = this.#queue
    this.#queue = []
    for (const record of queued) this.#write(this.#logger, record)
    if (this.#dropped > 0) this.#logger.warn(`${this.#dropped} records came before the log was ready and were dropped`)
    this.#dropped = 0
  }

  #write(logger: Logger, { fields: all, level, message, told = [] }: EventRecord): void {
    const fields = this.#terse ? Object.fromEntries(Object.entries(all).filter(([name]) => !told.includes(name))) : all
    const method = methodOf(logger, level)
    stderrLine.above(() => method?.call(logger, fields, message))
  }
}

/**
 * Logs a pool's events from now on. `logger`: a pino logger, undefined for one that writes to stderr, false for none.
 *
 * @example
 * const log = logEvents(bus, pino({ level: "debug" }), "thumbnails")
 */
export const logEvents = (bus: EventBus, logger: undefined | false | Logger, label: string): EventLog =>
  logger === false ? { flush: () => Promise.resolve(), stop: () => undefined } : new PinoSink(bus, logger, label)
