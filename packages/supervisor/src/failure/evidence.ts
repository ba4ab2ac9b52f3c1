/**
 * What is known of a failure beyond its message: the worker's frames, the source about them, its spans, the call in the
 * program. Made when it is first looked at: most failures never are. Not how it is printed: that is `printed.ts`.
 */
import type { Evidence, FailedSpan, Frame } from "@holdfast/core"
import type { SpanPlace } from "../protocol/messages.ts"
import { type CallSite, isForeignFrame } from "./call-site.ts"
import { ownFrame, ownFrames } from "./own-frames.ts"
import { excerptOf } from "./source-excerpt.ts"
import { mappedFrame } from "./source-map.ts"
import { frameOfLine, framesOfLines, framesOfStack, placeOfSyntax } from "./stack-frames.ts"

/** Where an error comes from that a pool has delivered. */
export interface Origin {
  /** What tells the worker's stack: the error as it was there, or its stack alone. */
  readonly thrown: unknown
  readonly callSite: CallSite | undefined
  readonly spans?: ReadonlyArray<SpanPlace> | undefined
  /** Where it was, where no stack tells it. */
  readonly frames?: ReadonlyArray<Frame> | undefined
}

const origins = new WeakMap<object, Origin>()
const known = new WeakMap<object, Evidence>()

/** Remembers where an error comes from. Costs a map entry for each failure, and nothing else. */
export const rememberOrigin = (error: object, origin: Origin): void => {
  origins.set(error, origin)
}

/** A field of something that may be a Proxy, or have getters that throw. */
export const readField = (object: object, key: string): unknown => {
  try {
    return Reflect.get(object, key)
  } catch {
    return undefined
  }
}

const stackFramesOf = (thrown: unknown): ReadonlyArray<Frame> => {
  if (typeof thrown === "string") return framesOfStack(thrown)
  if (typeof thrown !== "object" || thrown === null) return []
  const stack = readField(thrown, "stack")
  const message = readField(thrown, "message")
  if (typeof stack !== "string" || typeof message !== "string" || message === "") return framesOfStack(stack)
  // A message may hold a stack of its own.
  const at = stack.indexOf(message)
  const frames = framesOfStack(at === -1 || at > 200 ? stack : stack.slice(at + message.length))
  const unparsed = placeOfSyntax(stack)
  return unparsed === undefined ? frames : [unparsed, ...frames]
}

const framesAt = (error: object): ReadonlyArray<Frame> => {
  const hungAt = readField(error, "hungAt")
  if (Array.isArray(hungAt) && hungAt.length > 0) return hungAt as ReadonlyArray<Frame>
  const origin = origins.get(error)
  // The stack of what a pool has delivered is made of this very evidence.
  if (origin === undefined) return stackFramesOf(error)
  if (origin.frames !== undefined) return origin.frames
  const { thrown } = origin
  const before = typeof thrown === "object" && thrown !== null ? origins.get(thrown) : undefined
  return stackFramesOf(before === undefined ? thrown : before.thrown)
}

/** Of a job that waited: where it did. */
const awaitedAt = (error: object): ReadonlyArray<Frame> => {
  const waitingOn = readField(error, "waitingOn")
  if (!Array.isArray(waitingOn)) return []
  return waitingOn.flatMap((each: { readonly openedAt?: Frame } | undefined) => each?.openedAt ?? [])
}

/** Of a job that was in native code: where it was before it came there, if that was seen. */
const lastSeenAt = (error: object): ReadonlyArray<Frame> => {
  const native = readField(error, "native") as { readonly lastSeen?: { readonly frames?: unknown } } | undefined
  const frames = native?.lastSeen?.frames
  return Array.isArray(frames) ? (frames as ReadonlyArray<Frame>) : []
}

const spanOf = ({ name, at }: SpanPlace): FailedSpan => {
  // A task that is an Effect.fn is entered by Holdfast.
  const printed = `    at ${at?.replace(/^at /, "")}`
  const entered = at === undefined || isForeignFrame(printed) ? undefined : frameOfLine(printed)
  if (entered === undefined) return { name }
  const { column, file, line } = mappedFrame(entered)
  return { name, file, line, column }
}

/** The evidence of an error. Never throws. */
export const evidenceOf = (error: object): Evidence => {
  const before = known.get(error)
  if (before !== undefined) return before
  const origin = origins.get(error)
  const frames = ownFrames(framesAt(error))
  const evidence: Evidence = {
    frames,
    source: excerptOf(frames.length > 0 ? frames : ownFrames([...awaitedAt(error), ...lastSeenAt(error)])),
    spans: (origin?.spans ?? []).map(spanOf),
    calledFrom: ownFrames(framesOfLines(origin?.callSite?.frames ?? [])),
    ...(origin?.callSite?.shared === true ? { calledNearby: true } : {})
  }
  known.set(error, evidence)
  return evidence
}

/**
 * Where an error happened, or waited: the innermost of its frames that is the user's. Cheaper than its evidence, which
 * reads the source about it. Never throws.
 */
export const placeOf = (error: object): Frame | undefined =>
  known.get(error)?.frames[0] ?? ownFrame(framesAt(error)) ?? ownFrame([...awaitedAt(error), ...lastSeenAt(error)])
