/**
 * The calling process as its own worker: the same runtime, messages and codec as elsewhere, without a process
 * in between. No isolation: a job that exits, loops or crashes takes the program along. What a job prints goes where
 * the program's output goes; what it logs, to the pool's log.
 */
import type { Readable } from "node:stream"
import { type AnyTask, type ContextDefinition, Task } from "@holdfast/core"
import { withOwnPayload } from "../protocol/lone-view.ts"
import type { FromWorker, ToWorker } from "../protocol/messages.ts"
import { SharedPage } from "../protocol/shared-page.ts"
import { BatchReader } from "../protocol/values.ts"
import { atEdges, type LoadPart, load, loadPart, runnableOf } from "../worker/loading.ts"
import { MappedPage } from "../worker/page-writer.ts"
import { Runtime } from "../worker/runtime.ts"
import { InlineOutput } from "./InlineOutput.ts"
import type { Transport, WorkerLink, WorkerListener, WorkerSpec } from "./Transport.ts"

/** Tasks and contexts by module and name: inline, the values at hand are used, not a second copy of their module. */
export interface Definitions {
  task(module: string, name: string): AnyTask | undefined
  context(module: string, name: string): ContextDefinition | undefined
}

class InlineLink implements WorkerLink {
  readonly pid = process.pid
  readonly thread = process.pid
  readonly stdout: Readable
  readonly stderr = undefined
  readonly watchdog = undefined
  readonly #runtime: Runtime
  readonly #output: InlineOutput
  readonly #page = new SharedPage()
  readonly #listener: WorkerListener
  /** Takes nothing in any more; what it had said before is still delivered, ahead of its exit. */
  #ended = false
  #gone = false
  /**
   * Holds the program while there is something to do, as a process or a thread would: also through what no timer of a
   * job holds it for, such as the time that a hung one is given to end.
   */
  readonly #hold = setInterval(() => undefined, 2 ** 31 - 1)

  constructor(spec: WorkerSpec, listener: WorkerListener, definitions: Definitions) {
    this.#listener = listener
    this.#output = new InlineOutput(spec.configure.outputNonce)
    this.stdout = this.#output.stream
    this.#runtime = new Runtime({
      page: new MappedPage(this.#page.memory),
      send: (message) => {
        this.#deliver(message)
        return true
      },
      drained: () => Promise.resolve(),
      output: this.#output,
      keepOpen: () => undefined,
      waitingOn: () => [],
      beforeUserCode: () => undefined,
      stayAwake: () => undefined,
      end: () => this.#end(),
      broke: () => this.#end(),
      load: (define, runEffects) => load(define, runEffects, loadHere(definitions)),
      findContext: (ref) => {
        const definition = definitions.context(ref.module, ref.name)
        return definition === undefined
          ? Promise.reject(new Error(`no context ${ref.name}`))
          : Promise.resolve(definition)
      }
    })
    this.#output.belongTo(this.#runtime)
    this.send(spec.configure)
  }

  /** On a turn of its own, as a channel would: nobody is called back from inside his own call. */
  #deliver(message: FromWorker): void {
    const own = withOwnPayload(message)
    setImmediate(() => {
      if (!this.#gone) this.#listener.message(own)
    })
  }

  send(message: ToWorker): void {
    const own = withOwnPayload(message)
    setImmediate(() => {
      if (this.#ended) return
      if (own._tag !== "Configure" && own._tag !== "Shutdown") this.#runtime.receive(own)
      else this.#output.within(() => this.#runtime.receive(own))
    })
  }

  mark(): ReturnType<WorkerLink["mark"]> {
    return this.#page.mark()
  }

  /** What has been done and not been told is done, though its worker is let go of: it would be done again. */
  leftovers(): ReturnType<WorkerLink["leftovers"]> {
    return this.#page.leftovers()
  }

  limit(limit: Parameters<WorkerLink["limit"]>[0]): void {
    this.#page.limit(limit)
  }

  kill(): void {
    this.#end()
  }

  /** Nothing can be killed here: what still runs is let go of, as is a context that is still being built. */
  #end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#output.within(() => this.#runtime.halt())
    setImmediate(() => {
      this.#gone = true
      this.#output.end()
      clearInterval(this.#hold)
      this.#listener.exited({ exitCode: 0, signal: undefined, spawnError: undefined, violation: undefined })
    })
  }

  keepAlive(keep: boolean): void {
    if (keep) this.#hold.ref()
    else this.#hold.unref()
  }
}

const loadHere =
  (definitions: Definitions): LoadPart =>
  async (define, runEffects, edges) => {
    const task = definitions.task(define.module, define.name)
    if (task === undefined || !Task.isTask(task) || task.run === undefined) return loadPart(define, runEffects, edges)
    const reader = new BatchReader(define.boundKind, define.bound, define.boundCount)
    return runnableOf(
      atEdges(task, edges),
      Array.from({ length: define.boundCount }, () => reader.next()),
      runEffects
    )
  }

/** Runs jobs in the calling process. */
export const inlineTransport = (definitions: Definitions): Transport => ({
  start: (spec, listener) => new InlineLink(spec, listener, definitions)
})
