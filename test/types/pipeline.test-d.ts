/** The types of pipelines: each stage takes what the one before gives; what does not fit is no program. */

import type * as Effect from "effect/Stream"
import { type JobError, Pipeline, type PromisePool, type Task, type TaskContext } from "holdfast"

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(..._: Equal<A, B> extends true ? [] : ["these are not the same", A, B]): void => undefined

declare class NotFound extends Error {
  readonly _tag: "NotFound"
}
declare class Database {
  readonly query: (sql: string) => ReadonlyArray<string>
}
declare const read: Task.Task<string, Buffer, NotFound>
declare const parse: Task.Task<Buffer, { readonly words: ReadonlyArray<string> }>
declare const store: Task.Task<string, number, never, Database | TaskContext>
declare const plain: PromisePool
declare const withDatabase: PromisePool<Database>

const words = Pipeline.make("words")
  .stage("read", read, {
    retry: 2,
    deadLetter: ({ input, error }) => {
      same<typeof input, string>()
      same<typeof error, NotFound | JobError>()
    }
  })
  .stage("parse", parse, { key: (input) => String(input.length), pool: { workers: 2 } })
  .map("words", async ({ words }) => words)
  .unbatch("apart")
  .filter("long", (word) => word.length > 3)
  .batch("tens", 10)
same<typeof words, Pipeline.Pipeline<string, Array<string>, NotFound>>()
const ran = words.run(["a.txt"])
same<typeof ran, Promise<Array<Array<string>>>>()
const counted = words.run(["a.txt"], { collect: false })
same<typeof counted, Promise<number>>()
const streamed = words.toStream(["a.txt"])
same<Effect.Error<typeof streamed> & NotFound, NotFound>()

const narrowed = Pipeline.make<string | number>("narrowed").filter("texts", (value) => typeof value === "string")
same<typeof narrowed, Pipeline.Pipeline<string | number, string>>()

Pipeline.make<string>("stored").stage("store", store, { pool: withDatabase })

// @ts-expect-error: parse takes what read gives, not a text
Pipeline.make<string>("wrong").stage("parse", parse)
// @ts-expect-error: read takes a path, not what parse gives
Pipeline.make("wrong").stage("parse", parse).stage("read", read)
// @ts-expect-error: its pool has no Database
Pipeline.make<string>("wrong").stage("store", store, { pool: plain })
// @ts-expect-error: nor has the pipeline's
Pipeline.make<string>("wrong").stage("store", store)
// @ts-expect-error: the inputs are paths
words.run([1])
// @ts-expect-error: a number can't be taken apart
Pipeline.make<number>("wrong").unbatch("apart")
// @ts-expect-error: the function is given numbers
Pipeline.make<number>("wrong").map("upper", (text: string) => text.toUpperCase())
// @ts-expect-error: a whole run has one signal
Pipeline.make<string>("wrong").stage("read", read, { signal: AbortSignal.timeout(1) })
// @ts-expect-error: nothing is known of its inputs yet
Pipeline.make("wrong").batch("tens", 10)
