/**
 * Opens a pool: checks its options, chooses the transport, wires the observers, starts the workers. The one
 * place where these meet; no logic beyond that.
 */
import { type ContextDefinition, InvalidOptions, provideEvidence } from "@holdfast/core"
import { dumpPool } from "../dump/dump.ts"
import { dumpOnSignal } from "../dump/signal.ts"
import { evidenceOf } from "../failure/evidence.ts"
import { explain } from "../failure/printed.ts"
import { seconds } from "../failure/whereabouts.ts"
import { unkeptEvidence } from "../options/evidence.ts"
import { resolvePoolOptions } from "../options/resolve.ts"
import { logEvents } from "../reporting/pino-sink.ts"
import { keepReports } from "../reports/Reporter.ts"
import type { Timeline } from "../timeline/Timeline.ts"
import { inlineTransport } from "../transport/inline.ts"
import { processTransport } from "../transport/process.ts"
import { threadTransport } from "../transport/thread.ts"
import { problemsOnThreads } from "../transport/thread-limits.ts"
import { Engine } from "./Engine.ts"
import { keepTimeline } from "./live-jobs.ts"
import { refuseNesting } from "./nesting.ts"
import { refuseOldNode } from "./node-version.ts"
import { rehearse } from "./rehearsal.ts"
import { obeySignals } from "./Signals.ts"
import { jobsLeft, Terminator } from "./Terminator.ts"

/** What both doors hold. */
export interface OpenPool {
  readonly engine: Engine
  readonly terminator: Terminator
  readonly timeline: Timeline
}

/** Has the program's signals end the pool, if that is asked for. */
const obey = (engine: Engine, terminator: Terminator): void => {
  const { signals, logger, drainTimeoutMs } = engine.options
  if (signals === "off") return
  const say = (about: object, message: string): void => {
    if (logger === undefined) process.stderr.write(`holdfast: ${message}\n`)
    else if (logger !== false) logger.warn(about, message)
  }
  const stop = obeySignals({
    drains: signals === "drain",
    announce: (signal) => {
      const left = jobsLeft(engine)
      if (left === 0 || signals !== "drain") return
      const most = Number.isFinite(drainTimeoutMs) ? `, for at most ${seconds(drainTimeoutMs)}` : ""
      say({ signal, left }, `${signal}: finishing what runs${most}; once more ends at once`)
    },
    end: async (atOnce) => {
      if (!atOnce && signals === "drain") return terminator.finishRunning()
      const left = jobsLeft(engine)
      await terminator.terminate()
      return left
    },
    report: (signal, left) => {
      if (left === 0) return
      say({ signal, left }, `${signal}: the pool has ended, and left ${left} ${left === 1 ? "job" : "jobs"} unfinished`)
    }
  })
  terminator.atEnd(stop)
}

/** Throws `InvalidOptions`, or an `Error` where a pool makes no sense; nothing has been started then. */
export const openPool = (options: unknown, where: string): OpenPool => {
  const resolved = resolvePoolOptions(options, where)
  const { isolation, maxMemory } = resolved
  const unkept = [...unkeptEvidence(resolved), ...(isolation === "thread" ? problemsOnThreads(resolved) : [])]
  if (unkept.length > 0) throw new InvalidOptions(where, unkept)
  refuseOldNode(process.versions.node, where)
  refuseNesting(resolved.allowNested, where)
  const transport =
    isolation === "inline"
      ? inlineTransport({
          task: (module, name) => engine.tasks.find(module, name),
          context: (module, name) =>
            resolved.context.find((each) => each.module === module && each.name === name) as
              | ContextDefinition
              | undefined
        })
      : isolation === "thread"
        ? threadTransport({ maxMemory })
        : processTransport
  provideEvidence({ find: evidenceOf, print: explain })
  const engine: Engine = new Engine(resolved, transport)
  const logs = logEvents(engine.bus, resolved.logger as Parameters<typeof logEvents>[1], "holdfast")
  const timeline = keepTimeline(engine)
  const reporter = keepReports(engine)
  const terminator = new Terminator(engine, async () => {
    await Promise.all([logs.flush(), reporter?.flush()])
  })
  terminator.atEnd(() => reporter?.stop())
  engine.start()
  obey(engine, terminator)
  if (resolved.dumpSignal !== "off") terminator.atEnd(dumpOnSignal(() => dumpPool(engine)))
  if (isolation === "process") setImmediate(() => rehearse(engine)).unref()
  return { engine, terminator, timeline }
}
