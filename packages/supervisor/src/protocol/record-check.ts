/**
 * Whether a record that came from a worker has the fields of its kind: a worker whose memory is corrupt can put
 * anything into a well-made frame, and the parent must not fall over it. Errors and values inside a record are
 * checked where they are restored.
 */
import type { AttemptFault, FromWorker, Signal } from "./messages.ts"

type Fields = Readonly<Record<string, unknown>>
type Shape = (fields: Fields) => boolean

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null
const isText = (value: unknown): boolean => typeof value === "string"
const isNumber = (value: unknown): boolean => typeof value === "number"
const isFlag = (value: unknown): boolean => typeof value === "boolean"
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0
const isBytes = (value: unknown): boolean => value instanceof Uint8Array
const isAbsentOr = (is: (value: unknown) => boolean, value: unknown): boolean => value === undefined || is(value)

const isPlace = ({ chunkId, offset }: Fields): boolean => isCount(chunkId) && isCount(offset)
const isFrame = (frame: unknown): boolean =>
  isFields(frame) && isText(frame.function) && isText(frame.file) && isNumber(frame.line) && isNumber(frame.column)
const isResource = (each: unknown): boolean =>
  isFields(each) &&
  isText(each.kind) &&
  isText(each.detail) &&
  isAbsentOr(isFrame, each.openedAt) &&
  isAbsentOr((owner) => isFields(owner) && isPlace(owner), each.owner)
const hasResources = ({ waitingOn }: Fields): boolean => Array.isArray(waitingOn) && waitingOn.every(isResource)
const isHeap = (heap: unknown): boolean =>
  isFields(heap) && isNumber(heap.used) && isNumber(heap.limit) && isNumber(heap.external)
const tellsError = ({ message, error }: Fields): boolean => isText(message) && isFields(error)
const areSpans = (spans: unknown): boolean =>
  Array.isArray(spans) && spans.every((span) => isFields(span) && isText(span.name) && isAbsentOr(isText, span.at))
const any: Shape = () => true

/** True where `value` is of one of the kinds, with that kind's fields. */
const isOneOf = (kinds: Readonly<Record<string, Shape>>, value: unknown): boolean => {
  if (!isFields(value)) return false
  const tag = value._tag
  return typeof tag === "string" && Object.hasOwn(kinds, tag) && kinds[tag]?.(value) === true
}

const FAULTS: Record<AttemptFault["_tag"], Shape> = {
  Threw: ({ error, final, spans }) => isFields(error) && isFlag(final) && isAbsentOr(areSpans, spans),
  Typed: ({ error, encoded, final, spans, stack }) =>
    isAbsentOr(isFields, error) &&
    isAbsentOr(isBytes, encoded) &&
    isFlag(final) &&
    isAbsentOr(areSpans, spans) &&
    isAbsentOr(isText, stack),
  NotSerializable: ({ path, message }) => isText(path) && isText(message),
  BadInput: tellsError,
  InvalidOutput: tellsError,
  NotLoaded: tellsError,
  Stuck: hasResources,
  Exited: ({ exitCode, loading, stack }) => Number.isInteger(exitCode) && isText(stack) && typeof loading === "boolean",
  Cancelled: any
}

const SAID: Record<Signal["said"]["_tag"], Shape> = {
  Progress: ({ fraction, message }) => isNumber(fraction) && isAbsentOr(isText, message),
  Heartbeat: any,
  Checkpoint: ({ value }) => isBytes(value),
  Started: any,
  Partial: ({ value }) => isBytes(value),
  Cancellable: any
}

const RECORDS: Record<Exclude<FromWorker["_tag"], "Values">, Shape> = {
  Ready: ({ heapLimit }) => isNumber(heapLimit),
  Failed: (failed) =>
    isPlace(failed) && isNumber(failed.busyMs) && isCount(failed.sync) && isOneOf(FAULTS, failed.fault),
  Returned: isPlace,
  Escaped: ({ chunkId, offset, running, error }) =>
    isAbsentOr(isCount, chunkId) && isAbsentOr(isCount, offset) && isFlag(running) && isFields(error),
  Signal: (signal) => isPlace(signal) && isOneOf(SAID, signal.said),
  Waiting: (waiting) => isCount(waiting.id) && hasResources(waiting) && isHeap(waiting.heap),
  StartFailed: (failed) => tellsError(failed) && isAbsentOr(isFlag, failed.noRoom),
  Releasing: ({ names }) => Array.isArray(names) && names.every(isText),
  SharedCall: (call) =>
    isPlace(call) && isCount(call.id) && isText(call.object) && isText(call.op) && Array.isArray(call.args),
  SharedEnd: (end) => isPlace(end) && Array.isArray(end.undelivered) && end.undelivered.every(isCount)
}

/** True for a record that a worker may send. */
export const isFromWorker = (record: unknown): boolean => isOneOf(RECORDS, record)
