/**
 * Where in the program's code the connections, requests, threads and child processes were opened that a job, or a
 * context that is built or released, may come to wait on, and by which job: Node tells of each as it is opened. A trace
 * is kept unread, and only while its object lives. Not what is open, which is `watchdog/waiting.ts`.
 */
import type { ChildProcess } from "node:child_process"
import { subscribe } from "node:diagnostics_channel"
import type { ClientRequest } from "node:http"
import { Socket } from "node:net"
import { fileURLToPath } from "node:url"
import type { Worker } from "node:worker_threads"
import type { Frame } from "@holdfast/core"
import type { Waited } from "../protocol/messages.ts"
import { limitStackTraces } from "../protocol/stack-trace-limit.ts"
import type { OpenHandle } from "../watchdog/waiting.ts"
import { type JobScope, scopeNow } from "./job-scope.ts"

/** Node's own frames stand before those of the one who asked: of a fetch, some twenty. */
const TRACE_FRAMES = 40
/** Requests at once; beyond, the oldest are forgotten. */
const MOST_REQUESTS = 256

/** How an object was opened. */
export interface Opening {
  /** Undefined where no job did: a module, a context. */
  readonly scope: JobScope | undefined
  readonly offset: number
  readonly trace: { readonly stack?: string }
}

const byObject = new WeakMap<object, Opening>()
/** Requests that were not answered in full; the oldest first. */
const requests = new Map<object, Opening & { readonly name: () => string }>()

/** Threads that jobs have started. */
const threads = new Map<Worker, Opening>()

/** A trace costs some 20 µs. At most so much of a worker's time goes into them, and at most so much at once. */
const SHARE = 0.01
const BURST_MS = 5
/** What took longer was interrupted: time that another process had is not charged. */
const DEAREST_MS = 0.25
let credit = BURST_MS
let credited = performance.now()

/** Who opens something now, and where: without a trace where too much time goes into them. */
export const openingNow = (): Opening => {
  const scope = scopeNow()
  const offset = scope?.offset ?? 0
  const began = performance.now()
  credit = Math.min(BURST_MS, credit + (began - credited) * SHARE)
  credited = began
  const trace: { stack?: string } = {}
  if (credit <= 0) return { scope, offset, trace }
  try {
    const { stackTraceLimit } = Error
    // Read seldom: what it costs now is the walk along the stack.
    limitStackTraces(TRACE_FRAMES)
    Error.captureStackTrace(trace, openingNow)
    limitStackTraces(stackTraceLimit)
  } catch {
    // A program's own way to write stacks: what throws in here would be an uncaught exception of the job's.
  }
  credit -= Math.min(DEAREST_MS, performance.now() - began)
  return { scope, offset, trace }
}

const opened = (object: object): void => void byObject.set(object, openingNow())

const asked = (request: object, name: () => string): void => {
  requests.set(request, { ...openingNow(), name })
  if (requests.size > MOST_REQUESTS) for (const oldest of requests.keys()) return void requests.delete(oldest)
}

const started = (worker: Worker): void => {
  // Those of a library, and the watchdog's own, are what no job waits on.
  if (scopeNow() !== undefined) threads.set(worker, openingNow())
  for (const each of threads.keys()) if (isOver(each)) threads.delete(each)
}

/** A thread that has ended has no number any more. */
const isOver = ({ threadId }: Worker): boolean => threadId === -1

/** Without the query, which may hold a secret. */
const withoutQuery = (path: unknown): string => String(path).split("?", 1)[0] ?? ""

interface FetchRequest {
  readonly method: string
  readonly origin: unknown
  readonly path: string
}

/** Begins to take note of what jobs open. */
export const watchOpenings = (): void => {
  subscribe("net.client.socket", (message) => opened((message as { socket: Socket }).socket))
  subscribe("worker_threads", (message) => started((message as { worker: Worker }).worker))
  subscribe("child_process", (message) => opened((message as { process: ChildProcess }).process))
  subscribe("undici:request:create", (message) => {
    const { request } = message as { request: FetchRequest }
    asked(request, () => `${request.method} ${String(request.origin)}${withoutQuery(request.path)}`)
  })
  subscribe("http.client.request.created", (message) => {
    const { request } = message as { request: ClientRequest }
    const host = () => String(request.getHeader("host") ?? request.host)
    asked(request, () => `${request.method} ${request.protocol}//${host()}${withoutQuery(request.path)}`)
  })
  const over = (message: unknown): void => void requests.delete((message as { request: object }).request)
  for (const channel of [
    "undici:request:trailers",
    "undici:request:error",
    "http.client.response.finish",
    "http.client.request.error"
  ])
    subscribe(channel, over)
}

const FRAME = /^\s+at (?:async )?(?:(.*?) \()?((?:file:\/\/|\/)[^()]*?):(\d+):(\d+)\)?$/

/** Holdfast's own code, and that of the package to import where it stands beside this one, as in a clone. */
const own = ["..", "../../../holdfast/"].map((folder) => new URL(folder, import.meta.url).href)

const fileOf = (url: string): string => {
  try {
    return url.startsWith("file:") ? fileURLToPath(url) : url
  } catch {
    return url
  }
}

/** The first frame of the program's own code; else, of a package it uses. */
const frameOf = ({ stack }: Opening["trace"]): Frame | undefined => {
  let package_: Frame | undefined
  for (const line of (stack ?? "").split("\n")) {
    const [, name, url, row, column] = FRAME.exec(line) ?? []
    if (url === undefined || own.some((folder) => url.startsWith(folder))) continue
    const frame = { function: name ?? "(anonymous)", file: fileOf(url), line: Number(row), column: Number(column) }
    if (!url.includes("/node_modules/")) return frame
    package_ ??= frame
  }
  return package_
}

/** Where jobs share a scope, it has moved on from those that are done. */
const isOwned = ({ scope, offset }: Opening): boolean => scope?.offset === offset && !scope.over

/** A connection that a context or an earlier job has opened may be used by any: it is nobody's. */
export const told = (opening: Opening): Pick<Waited, "owner" | "openedAt"> => {
  const { scope, offset, trace } = opening
  const openedAt = frameOf(trace)
  return {
    ...(scope !== undefined && isOwned(opening) ? { owner: { chunkId: scope.chunk.chunkId, offset } } : {}),
    ...(openedAt === undefined ? {} : { openedAt })
  }
}

/** Node has no public way to the objects behind its handles. */
const activeHandles = (): ReadonlyArray<object> =>
  (process as { _getActiveHandles?: () => ReadonlyArray<object> })._getActiveHandles?.() ?? []

const isBehind = (object: object, { type, pid, fd }: OpenHandle): boolean => {
  const child = object as Partial<ChildProcess>
  if (type === "process") return pid !== undefined && child.pid === pid
  if (fd === undefined || fd < 0) return false
  // What a child writes, or reads.
  if (Array.isArray(child.stdio))
    return child.stdio.some((stream) => stream !== null && isBehind(stream as object, { type, fd } as OpenHandle))
  if (!(object instanceof Socket)) return false
  const handle: unknown = Reflect.get(object, "_handle")
  return typeof handle === "object" && handle !== null && Reflect.get(handle, "fd") === fd
}

/** Node has its class in no public place. */
const isRunning = (object: object): boolean => {
  const { exitCode, signalCode, stdio } = object as Partial<ChildProcess>
  return Array.isArray(stdio) && exitCode === null && signalCode === null
}

/**
 * Who opened a handle, and where; nothing where that was not noted. Undefined for a pipe to a child process that runs,
 * which tells more.
 */
export const openerOf = (handle: OpenHandle): Pick<Waited, "owner" | "openedAt"> | undefined => {
  if (handle.type !== "tcp" && handle.type !== "process" && handle.type !== "pipe") return {}
  const behind = activeHandles().filter((each) => isBehind(each, handle))
  if (handle.type === "pipe" && behind.some(isRunning)) return undefined
  const [object] = behind
  const opening = object === undefined ? undefined : byObject.get(object)
  return opening === undefined ? {} : told(opening)
}

/** Requests over HTTP that running jobs have made, or no job, and that have not been answered in full. */
export const openRequests = (): ReadonlyArray<Waited> =>
  [...requests.values()]
    .filter((opening) => opening.scope === undefined || isOwned(opening))
    .map((opening) => ({ kind: "http", detail: opening.name(), ...told(opening) }))

/** Threads that running jobs have started, and that have not ended. */
export const openThreads = (): ReadonlyArray<Waited> =>
  [...threads]
    .filter(([worker, opening]) => !isOver(worker) && isOwned(opening))
    .map(([{ threadId }, opening]) => ({ kind: "worker thread", detail: String(threadId), ...told(opening) }))
