/**
 * The options of a pool that can be set nowhere else, each declared once. Those that a task or a call may override
 * are in `call-table.ts`.
 */
import { availableParallelism } from "node:os"
import { ceiling, flag, oneOf, whole } from "./Check.ts"
import { declare } from "./declaration.ts"
import { evidence } from "./evidence.ts"
import { mask } from "./mask.ts"
import { duration, grace, limit, memory } from "./quantities.ts"
import { DEFAULT_RESTART, restart } from "./restart.ts"
import { contexts, directory, existingDirectory, logger, modules, strings, variables } from "./surroundings.ts"

/** More workers than one machine has a use for: a typing error, or a number of jobs. */
const MOST_WORKERS = 1024

const POOL = ["pool"] as const

export const poolTable = {
  workers: declare({
    on: POOL,
    check: whole(1, MOST_WORKERS),
    default: availableParallelism(),
    defaultText: "availableParallelism()",
    documentation: "How many workers run jobs."
  }),
  isolation: declare({
    on: POOL,
    check: oneOf("process", "thread", "inline"),
    default: "process",
    documentation:
      "Where a worker lives: in a process of its own, which survives anything; in a thread, which starts faster and takes the program along when it dies natively (a signal, a segfault, one huge allocation); or in the calling process, for debugging."
  }),
  context: declare({
    on: POOL,
    check: contexts,
    default: [],
    documentation:
      "What every worker builds at its start and releases at its end: what `Task.context` returns, or a list."
  }),
  preload: declare({
    on: POOL,
    check: modules,
    default: [],
    documentation:
      "Modules that every worker imports before its first job: paths from the working directory, URLs, packages."
  }),
  startTimeout: declare({
    on: POOL,
    check: duration,
    default: 30_000,
    defaultText: `"30 seconds"`,
    documentation:
      "The longest a worker may take to start, its contexts and preloaded modules included. One that a job has broken, " +
      "so that for twice as long nothing that it is given starts, is replaced."
  }),
  stallWarning: declare({
    on: POOL,
    check: limit,
    default: 30_000,
    defaultText: `"30 seconds"`,
    documentation: "After this long a running job is reported with its stack, and goes on. Infinity for never."
  }),
  killGrace: declare({
    on: POOL,
    check: grace,
    default: 2_000,
    defaultText: `"2 seconds"`,
    documentation: "How long a cancelled job may take to end by itself before its worker is killed."
  }),
  drainTimeout: declare({
    on: POOL,
    check: grace,
    default: 30_000,
    defaultText: `"30 seconds"`,
    documentation: "How long `close` lets the work that is left run before the rest fails with `PoolClosed`."
  }),
  maxQueue: declare({
    on: POOL,
    check: ceiling,
    documentation:
      "Jobs that may wait while all workers have one: beyond, `submit` and `submitAll` fail with `QueueFull`, and other calls wait."
  }),
  maxJobsPerWorker: declare({
    on: POOL,
    check: ceiling,
    documentation: "A worker is replaced after so many jobs. A cure for leaks."
  }),
  maxMemory: declare({
    on: POOL,
    check: memory,
    documentation: "Memory beyond which a worker is killed: resident memory of a process, heap of a thread."
  }),
  restart: declare({
    on: POOL,
    check: restart,
    default: {},
    defaultText: DEFAULT_RESTART,
    documentation:
      "When workers die more than `max` times within `within` with no job to blame, the pool ends with `PoolBroken`; `backoff` is the wait before the next start."
  }),
  spare: declare({
    on: POOL,
    check: whole(0, MOST_WORKERS),
    default: 0,
    documentation: "Warm workers kept ready to take the place of one that dies."
  }),
  schedule: declare({
    on: POOL,
    check: oneOf("balanced", "static"),
    default: "balanced",
    documentation:
      "Whether jobs go to whichever worker is free, or are dealt out to the workers beforehand: an array given to `map` or `settle` in equal consecutive parts, other inputs in turn, a chunk each."
  }),
  signals: declare({
    on: POOL,
    check: oneOf("off", "drain", "terminate"),
    default: "off",
    documentation:
      "What SIGINT and SIGTERM to the program do: nothing of Holdfast's, finish what runs and exit, or end at once."
  }),
  env: declare({
    on: POOL,
    check: variables,
    defaultText: "the program's own",
    documentation: "Environment variables of the workers, added to the program's own; undefined takes one away."
  }),
  execArgv: declare({
    on: POOL,
    check: strings,
    defaultText: "the program's own",
    documentation: "Node's flags for the workers. On threads, V8's heap flags become resource limits."
  }),
  cwd: declare({
    on: POOL,
    check: existingDirectory,
    defaultText: "the program's own",
    documentation: "Working directory of the workers. Threads have the program's own."
  }),
  logger: declare({
    on: POOL,
    check: logger,
    defaultText: "one of its own, to stderr",
    documentation: "Where events and the workers' output are logged: a pino logger, or false for nowhere."
  }),
  reports: declare({
    on: POOL,
    check: directory,
    documentation:
      "Directory in which every failed attempt is kept as one JSON file, its input included: for `holdfast inspect` and `holdfast replay`. At most 1000 reports or 100 MB; the oldest go."
  }),
  evidence: declare({
    on: POOL,
    check: evidence,
    defaultText: "none",
    documentation:
      "What Node leaves beside the report when a worker process dies: `diagnosticReport` on a fatal error, `heapSnapshot` shortly before the heap is full, which takes seconds and as much room as the heap."
  }),
  mask: declare({
    on: POOL,
    check: mask,
    default: [],
    documentation:
      "Whose values no failure, dump or report shows, of local variables and of fields of inputs and errors: names and RegExps, or a function of name and value, beside the usual names (`password`, `token`, `apiKey`, `authorization`, `cookie` and the like); false for nobody's."
  }),
  dumpSignal: declare({
    on: POOL,
    check: oneOf("SIGUSR2", "off"),
    default: "SIGUSR2",
    documentation:
      "The signal to the program that prints what every worker is doing, to stderr, while the pool lives. It does nothing where the program listens to it as well."
  }),
  allowNested: declare({
    on: POOL,
    check: flag,
    default: false,
    documentation: "Whether this pool may be made inside a worker of another one."
  })
}
