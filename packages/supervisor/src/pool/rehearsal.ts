/**
 * Plays one job through a pool of its own whose worker is nobody, while the program's first real worker starts: V8
 * compiles each function when it is first called, and the first job would wait for that twice, once on its way out and
 * once on its way back. The parent has nothing else to do then. Starts nothing and leaves nothing behind.
 */
import { Task } from "@holdfast/core"
import { PendingJob } from "../collect/PendingJob.ts"
import { CallSite } from "../failure/call-site.ts"
import { resolveCallOptions, resolvePoolOptions } from "../options/resolve.ts"
import { decodeFromWorker, encode } from "../protocol/encoding.ts"
import { FrameReader } from "../protocol/frames.ts"
import type { FromWorker, Run } from "../protocol/messages.ts"
import type { Transport, WorkerLink, WorkerListener, WorkerSpec } from "../transport/Transport.ts"
import { Engine } from "./Engine.ts"

const KEY = 1

const task = Task.fn({ url: import.meta.url }, "rehearsed", (n: number) => n)

/** What a worker would hear and say, in full but for the wire between. */
class Stage implements Transport {
  readonly #read = new FrameReader(KEY, (type, body) => this.#listener?.message(decodeFromWorker(type, body)))
  #listener: WorkerListener | undefined
  #given: Run | undefined

  start(_spec: WorkerSpec, listener: WorkerListener): WorkerLink {
    this.#listener = listener
    const nothing = (): undefined => undefined
    return {
      ...{ pid: undefined, thread: undefined, stdout: undefined, stderr: undefined, watchdog: undefined },
      ...{ mark: nothing, leftovers: nothing, limit: nothing, kill: nothing, keepAlive: nothing },
      send: (message) => {
        encode(message, KEY)
        if (message._tag === "Run") this.#given = message
      }
    }
  }

  #say(message: FromWorker): void {
    for (const part of encode(message, KEY)) this.#read.push(Buffer.from(part))
  }

  play(): void {
    this.#say({ _tag: "Ready", heapLimit: 0 })
    if (this.#given === undefined) return
    const { chunkId, kind, payload } = this.#given
    this.#say({ _tag: "Values", chunkId, offset: 0, count: 1, kind, payload, busyMs: 0, sync: 0 })
  }
}

/** Whether the job came to its end. */
export const play = (): boolean => {
  const stage = new Stage()
  const engine = new Engine(resolvePoolOptions({ workers: 1, logger: false }, "createPool"), stage)
  engine.start()
  const call = resolveCallOptions(engine.options, task, undefined, "run")
  const job = engine.submit(task, 1, call, new CallSite(play), PendingJob, true)
  PendingJob.onSettled(job, () => undefined)
  stage.play()
  // It watched a job that is done.
  engine.clock.stop()
  return PendingJob.isSettled(job)
}

let isOver = false

/** Plays it, once in a program: for the first pool that has a job before it has a worker. Never throws. */
export const rehearse = ({ working }: Engine): void => {
  if (isOver || !working) return
  isOver = true
  try {
    play()
  } catch {
    // It would have saved some time.
  }
}
