/**
 * Opens a pool: checks its options, chooses the transport, wires the observers, starts the workers. The one
 * place where these meet; no logic beyond that.
 */
import { type ContextDefinition, InvalidOptions } from "@holdfast/core"
import { notYetInPool } from "../options/not-yet.ts"
import { resolvePoolOptions } from "../options/resolve.ts"
import { logEvents } from "../reporting/pino-sink.ts"
import { inlineTransport } from "../transport/inline.ts"
import { processTransport } from "../transport/process.ts"
import { Engine } from "./Engine.ts"
import { refuseNesting } from "./nesting.ts"
import { Terminator } from "./Terminator.ts"

/** What both doors hold. */
export interface OpenPool {
  readonly engine: Engine
  readonly terminator: Terminator
}

/** Throws `InvalidOptions`, or an `Error` where a pool makes no sense; nothing has been started then. */
export const openPool = (options: unknown, where: string): OpenPool => {
  const resolved = resolvePoolOptions(options, where)
  const notYet = notYetInPool(options)
  if (notYet.length > 0) throw new InvalidOptions(where, notYet)
  refuseNesting(resolved.allowNested, where)
  const transport =
    resolved.isolation === "inline"
      ? inlineTransport({
          task: (module, name) => engine.tasks.find(module, name),
          context: (module, name) =>
            resolved.context.find((each) => each.module === module && each.name === name) as
              | ContextDefinition
              | undefined
        })
      : processTransport
  const engine: Engine = new Engine(resolved, transport)
  const logs = logEvents(engine.bus, resolved.logger as Parameters<typeof logEvents>[1], "holdfast")
  const terminator = new Terminator(engine, () => logs.flush())
  engine.start()
  return { engine, terminator }
}
