/**
 * What the main thread of a worker process waits on while its event loop runs: open handles with their
 * addresses, pending requests, timers. Read by the main thread about itself, and it never throws. Not what a
 * blocked main thread does, which only the watchdog thread can tell (`thread.cts`).
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs"
import { createRequire } from "node:module"
import type { Resource } from "@holdfast/core"
import type { Waited } from "../protocol/messages.ts"
import { remoteOf } from "./addresses.ts"
import type { NativeModule } from "./native.cts"

interface Endpoint {
  readonly ip4?: string
  readonly ip6?: string
  readonly port?: number
}

/** A libuv handle as Node's diagnostic report shows it. */
export interface OpenHandle {
  /** `tcp`, `pipe`, `timer`, `process` ... */
  readonly type: string
  readonly is_active: boolean
  readonly is_referenced: boolean
  readonly address: string
  readonly fd?: number
  readonly localEndpoint?: Endpoint | string | null
  readonly remoteEndpoint?: Endpoint | string | null
  readonly readable?: boolean
  readonly filename?: string
  readonly signal?: string
  readonly pid?: number
  readonly firesInMsFromNow?: number
}

/** What was open before a job started, so that it is not listed as the job's. */
export interface Baseline {
  /** Handles by their address in memory. */
  readonly handles: ReadonlySet<string>
  /** How many resources of each type Node reported. */
  readonly resources: ReadonlyMap<string, number>
}

export interface WaitingOptions {
  /** Handles to leave out; default: those of a worker's own channel and output. */
  readonly ignore?: (handle: OpenHandle) => boolean
  readonly baseline?: Baseline
  /** Other workers live in this process: what the threads of libuv's pool do may be theirs. Default false. */
  readonly sharesProcess?: boolean
  /** Who opened a handle, and where; undefined for one that is told of with another. */
  readonly opener?: (handle: OpenHandle) => Pick<Waited, "owner" | "openedAt"> | undefined
}

/**
 * A worker process's output and its channel. What else it inherits is no handle of its event loop, and its numbers may be
 * others' later: the watchdog's is free while that rests.
 */
const OWN_DESCRIPTORS = new Set([1, 2, 3])

/** A job with more is told in numbers that say enough. */
const maxResources = 50

export const isOwn = ({ fd }: OpenHandle): boolean => fd !== undefined && OWN_DESCRIPTORS.has(fd)

/** The handles of this thread's event loop. */
export const readHandles = (): ReadonlyArray<OpenHandle> => {
  // @types/node 26.6 lacks it.
  const report = process.report as NodeJS.ProcessReport & { excludeNetwork: boolean }
  const { excludeNetwork, excludeEnv } = report
  try {
    // Otherwise every address is looked up by name, which can take seconds.
    report.excludeNetwork = true
    report.excludeEnv = true
    return (report.getReport() as { readonly libuv?: ReadonlyArray<OpenHandle> }).libuv ?? []
  } catch {
    return []
  } finally {
    report.excludeNetwork = excludeNetwork
    report.excludeEnv = excludeEnv
  }
}

const countResources = (): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const type of process.getActiveResourcesInfo()) counts.set(type, (counts.get(type) ?? 0) + 1)
  return counts
}

/** What is open now: take it before the first job and give it to {@link describeWaiting}. */
export const openNow = (): Baseline => ({
  handles: new Set(readHandles().map(({ address }) => address)),
  resources: countResources()
})

/**
 * All of Node's JavaScript timers share one libuv handle, which comes first. The others are V8's: after a garbage
 * collection it wants to be woken within 100 ms, 8 s or 30 s, for its own housekeeping.
 */
export const scriptTimer = (handles: ReadonlyArray<OpenHandle>): OpenHandle | undefined =>
  handles.find(({ type }) => type === "timer")

const written = (endpoint: Endpoint | string | null | undefined): string | undefined => {
  if (typeof endpoint === "string") return endpoint === "" ? undefined : endpoint
  if (endpoint?.ip6 !== undefined) return `[${endpoint.ip6}]:${endpoint.port}`
  return endpoint?.ip4 === undefined ? undefined : `${endpoint.ip4}:${endpoint.port}`
}

/** Of a pool that a job has made. */
const WORKER = /\/worker\/process-(start|entry)\.[jt]s /

const commandOf = (pid: number): string => {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim()
    return WORKER.test(command) ? "(a worker of Holdfast)" : command.slice(0, 300)
  } catch {
    return ""
  }
}

const targetOf = (descriptor: number | undefined): string => {
  try {
    return `descriptor ${descriptor} ${readlinkSync(`/proc/self/fd/${descriptor}`)}`
  } catch {
    return `descriptor ${descriptor}`
  }
}

const tcpDetail = ({ localEndpoint, remoteEndpoint, readable, fd }: OpenHandle): string => {
  const remote = written(remoteEndpoint)
  if (remote !== undefined) return remote
  if (readable !== true) return `listening on ${written(localEndpoint) ?? "an unknown port"}`
  const to = fd === undefined ? undefined : remoteOf(fd, "tcp")
  return `connecting to ${to ?? "an unknown address"}`
}

/** A descriptor that others than libuv read: the resolver of `dns.resolve`, native code. */
const polled = (fd: number | undefined): Resource => {
  for (const kind of fd === undefined ? [] : (["udp", "tcp"] as const)) {
    const detail = remoteOf(fd ?? -1, kind)
    if (detail !== undefined) return { kind: detail.endsWith(":53") ? "dns query" : kind, detail }
  }
  return { kind: "poll", detail: targetOf(fd) }
}

/** A handle as a resource; undefined for those that the requests and timers below tell better, or Node's own. */
const resourceOf = (handle: OpenHandle): Resource | undefined => {
  const { type, fd, localEndpoint, remoteEndpoint } = handle
  switch (type) {
    case "tcp":
      return { kind: "tcp", detail: tcpDetail(handle) }
    case "udp":
      return { kind: "udp", detail: written(remoteEndpoint) ?? `bound to ${written(localEndpoint) ?? "nothing"}` }
    case "pipe":
      return { kind: "pipe", detail: written(remoteEndpoint) ?? written(localEndpoint) ?? targetOf(fd) }
    case "tty":
      return { kind: "terminal", detail: targetOf(fd) }
    case "poll":
      return polled(fd)
    case "process":
      return { kind: "child process", detail: `${handle.pid} ${commandOf(handle.pid ?? 0)}`.trim() }
    case "fs_event":
    case "fs_poll":
      return { kind: "file watcher", detail: handle.filename ?? "" }
    case "signal":
      return { kind: "signal", detail: handle.signal ?? "" }
    default:
      return undefined
  }
}

/** A socket that connects is not active as libuv counts: its request is. */
const isWaiting = ({ type, is_active, is_referenced, readable, remoteEndpoint }: OpenHandle): boolean =>
  is_referenced && (is_active || (type === "tcp" && readable === true && remoteEndpoint === null))

const timers = (handles: ReadonlyArray<OpenHandle>, count: number): ReadonlyArray<Resource> => {
  if (count === 0) return []
  const timer = scriptTimer(handles)
  // Inside a timer's own callback the handle rests.
  const due =
    timer?.is_active === true ? `due in ${Math.max(0, timer.firesInMsFromNow ?? 0)} ms` : "due at an unknown time"
  return [{ kind: "timer", detail: count === 1 ? due : `the next of ${count} ${due}` }]
}

const FILE_REQUEST = "FSReq"

// What Node reports beside handles, by its own names, which differ a little between versions.
const requests: ReadonlyArray<readonly [pattern: RegExp, kind: string]> = [
  [/^FS(Req|EventReq)/i, "file system request"],
  [/^GetAddrInfo/i, "dns lookup"],
  [/^(GetNameInfo|Query)/i, "dns query"],
  [/^Worker/i, "worker thread"],
  [/^(MessagePort|BroadcastChannel)/i, "message port"]
]

/** The names that are being looked up, which Node tells of nowhere in public. */
const namesLookedUp = (): ReadonlyArray<string> => {
  const { _getActiveRequests: requests } = process as { _getActiveRequests?: () => ReadonlyArray<object> }
  const names = (requests?.call(process) ?? []).map((request) => Reflect.get(request, "hostname") as unknown)
  return names.filter((name): name is string => typeof name === "string").map((name) => name.slice(0, 300))
}

/** `named`: how many requests to the file system are told of by their paths. Up to Node 25 all are counted here. */
const requestResources = (resources: ReadonlyMap<string, number>, named: number): ReadonlyArray<Resource> =>
  [...resources].flatMap(([type, all]) => {
    const kind = requests.find(([pattern]) => pattern.test(type))?.[1]
    const count = type.startsWith(FILE_REQUEST) ? all - named : all
    if (kind === undefined || count <= 0) return []
    const names = kind.startsWith("dns") ? namesLookedUp() : []
    return [{ kind, detail: names.length === 0 ? `${count} pending` : names.join(", ") }]
  })

/**
 * Files that other threads of this process wait for. A file-system request runs on a thread of libuv's pool, and
 * Node lists hardly any of them itself.
 */
const threadsInCalls = (): ReadonlyArray<Resource> => {
  try {
    const extension = import.meta.url.endsWith(".ts") ? "cts" : "cjs"
    const { waitOf }: NativeModule = createRequire(import.meta.url)(`../watchdog/native.${extension}`)
    const threads = readdirSync("/proc/self/task").map(Number)
    const waits = threads.filter((thread) => thread !== process.pid).map(waitOf)
    return waits.flatMap(({ syscall, path }) =>
      path?.startsWith("/") === true ? [{ kind: "file system request", detail: `${syscall} ${path}` }] : []
    )
  } catch {
    return []
  }
}

const without = (counts: ReadonlyMap<string, number>, baseline: ReadonlyMap<string, number> | undefined) =>
  new Map(
    [...counts]
      .map(([type, count]) => [type, Math.max(0, count - (baseline?.get(type) ?? 0))] as const)
      .filter(([, n]) => n > 0)
  )

/**
 * What keeps this thread's event loop waiting: `tcp 127.0.0.1:5432`, `timer due in 1200 ms`, `child process 1234
 * sleep 10`. Takes 2 to 5 ms. Handles that do not keep the process alive are left out; work on the thread pool
 * that is no file-system or DNS request (compression, hashing) can't be seen.
 *
 * @example
 * const before = openNow()
 * describeWaiting({ baseline: before })
 */
export const describeWaiting = ({
  ignore = isOwn,
  baseline,
  sharesProcess = false,
  opener = () => ({})
}: WaitingOptions = {}): ReadonlyArray<Waited> => {
  try {
    const handles = readHandles()
    const resources = without(countResources(), baseline?.resources)
    const waiting = handles.filter(
      (handle) => isWaiting(handle) && !ignore(handle) && baseline?.handles.has(handle.address) !== true
    )
    const open = waiting.flatMap((handle) => {
      const resource = resourceOf(handle)
      const by = opener(handle)
      return resource === undefined || by === undefined ? [] : { ...resource, ...by }
    })
    const seesFiles = !sharesProcess || [...resources.keys()].some((type) => type.startsWith(FILE_REQUEST))
    const files = seesFiles ? threadsInCalls() : []
    const found = [
      // What an earlier job has left open is seldom what this one waits on, and others tell more than pipes.
      ...open.filter(({ kind, owner }) => kind !== "pipe" && owner !== undefined),
      ...open.filter(({ kind, owner }) => kind !== "pipe" && owner === undefined),
      ...open.filter(({ kind }) => kind === "pipe"),
      ...files,
      ...requestResources(resources, files.length),
      ...timers(handles, resources.get("Timeout") ?? 0)
    ]
    if (found.length <= maxResources) return found
    return [...found.slice(0, maxResources), { kind: "more", detail: `${found.length - maxResources} not listed` }]
  } catch {
    return []
  }
}

/**
 * Milliseconds until the next JavaScript timer that does not keep the process alive (an unref'd `setTimeout`,
 * `AbortSignal.timeout`); undefined when there is none. For `beforeExit`: such a timer can still settle a job.
 * `Atomics.waitAsync` with a timeout is not seen, since it can't be told from V8's own timers.
 */
export const nextTimerDueMs = (): number | undefined => {
  const timer = scriptTimer(readHandles())
  if (timer === undefined || !timer.is_active || timer.is_referenced) return undefined
  return Math.max(0, timer.firesInMsFromNow ?? 0)
}

/** True while a timer exists that could still wake a job without keeping the process alive. */
export const hasUnreferencedTimer = (): boolean => nextTimerDueMs() !== undefined
