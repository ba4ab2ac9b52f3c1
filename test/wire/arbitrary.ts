/** Messages of both directions, drawn by fast-check. */
import fc from "fast-check"
import { describeError } from "../../packages/supervisor/src/protocol/error-description.ts"
import type { FromWorker, ToWorker } from "../../packages/supervisor/src/protocol/messages.ts"
import { PayloadKind } from "../../packages/supervisor/src/protocol/values.ts"

const tag = <Tag extends string>(name: Tag): fc.Arbitrary<Tag> => fc.constant(name)
const absentOr = <A>(arbitrary: fc.Arbitrary<A>): fc.Arbitrary<A | undefined> =>
  fc.option(arbitrary, { nil: undefined })

export const bytes = fc.uint8Array({ maxLength: 500 }).map((each) => Buffer.from(each))
const payload = fc.uint8Array({ maxLength: 500 })
const u32 = fc.nat(2 ** 32 - 1)
const kind = fc.constantFrom(...Object.values(PayloadKind))
const text = fc.string({ maxLength: 30 })
const error = fc
  .constantFrom<unknown>(new Error("e"), new RangeError("r", { cause: 1 }), "words", undefined, null, 5)
  .map(describeError)
const heap = fc.record({ used: fc.nat(), limit: fc.nat(), external: fc.nat() })
const waitingOn = fc.array(fc.record({ kind: text, detail: text }), { maxLength: 3 })
const place = { chunkId: u32, offset: u32 }

export const toWorker: fc.Arbitrary<ToWorker> = fc.oneof(
  fc.record({
    _tag: tag("Run"),
    chunkId: u32,
    taskId: u32,
    base: fc.nat(2 ** 31),
    count: u32,
    attempt: u32,
    single: fc.boolean(),
    awake: fc.boolean(),
    timed: fc.boolean(),
    kind,
    payload,
    detail: absentOr(fc.record({ keys: fc.array(text), resumed: bytes }))
  }),
  fc.record({ _tag: tag("Cancel"), chunkId: u32, offset: fc.integer({ min: -1 }), reason: error }),
  fc.record({ _tag: tag("Credit"), chunkId: u32, offset: u32, count: u32 }),
  fc.record({ _tag: tag("Inspect"), id: u32 }),
  fc.record({ _tag: tag("Forget"), taskId: u32 }),
  fc.record({ _tag: tag("Shutdown") }),
  fc.record({
    _tag: tag("SharedReply"),
    id: u32,
    error: absentOr(fc.record({ reason: text, message: text })),
    value: fc.oneof(fc.double(), text, bytes)
  }),
  fc.record({
    _tag: tag("Define"),
    taskId: u32,
    module: text,
    name: text,
    bare: fc.boolean(),
    boundCount: u32,
    boundKind: kind,
    bound: bytes
  })
)

const fault = fc.oneof(
  fc.record({ _tag: tag("Threw"), error, final: fc.boolean() }),
  fc.record({ _tag: tag("Typed"), error: absentOr(error), encoded: absentOr(bytes), final: fc.boolean() }),
  fc.record({ _tag: tag("NotSerializable"), path: text, message: text }),
  fc.record({ _tag: tag("BadInput"), message: text, error }),
  fc.record({ _tag: tag("InvalidOutput"), message: text, error }),
  fc.record({ _tag: tag("NotLoaded"), message: text, error }),
  fc.record({ _tag: tag("Stuck"), waitingOn }),
  fc.record({ _tag: tag("Cancelled") })
)

const said = fc.oneof(
  fc.record({ _tag: tag("Progress"), fraction: fc.double(), message: absentOr(text) }),
  fc.record({ _tag: tag("Heartbeat") }),
  fc.record({ _tag: tag("Cancellable") }),
  fc.record({ _tag: tag("Checkpoint"), value: bytes }),
  fc.record({ _tag: tag("Started") }),
  fc.record({ _tag: tag("Partial"), value: bytes })
)

export const fromWorker: fc.Arbitrary<FromWorker> = fc.oneof(
  fc.record({ _tag: tag("Ready"), heapLimit: fc.double({ noNaN: true }) }),
  fc.record({
    _tag: tag("Values"),
    ...place,
    count: u32,
    kind,
    busyMs: fc.double(),
    sync: u32,
    payload
  }),
  fc.record({ _tag: tag("Failed"), ...place, busyMs: fc.double(), sync: u32, fault }),
  fc.record({ _tag: tag("Returned"), ...place }),
  fc.record({ _tag: tag("Escaped"), chunkId: absentOr(u32), offset: absentOr(u32), running: fc.boolean(), error }),
  fc.record({ _tag: tag("Signal"), ...place, said }),
  fc.record({ _tag: tag("Waiting"), id: u32, waitingOn, heap }),
  fc.record({ _tag: tag("StartFailed"), message: text, error }),
  fc.record({ _tag: tag("Releasing"), names: fc.array(text) }),
  fc.record({ _tag: tag("SharedCall"), ...place, id: u32, object: text, op: text, args: fc.array(text) }),
  fc.record({ _tag: tag("SharedEnd"), ...place, undelivered: fc.array(u32) })
)
