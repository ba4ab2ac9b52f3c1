/** The time that a worker has to start, where the program that waits for it is blocked itself. In memory, no process. */
import { expect, it } from "vitest"
import { Slot } from "../../packages/supervisor/src/slot/Slot.ts"
import type { SlotOwner, SlotSetup } from "../../packages/supervisor/src/slot/SlotOwner.ts"
import type { Transport, WorkerLink } from "../../packages/supervisor/src/transport/Transport.ts"

/** A slot whose worker needs this long to start, once it is told to. */
const slotWith = (startsInMs: number) => {
  const killed: Array<string> = []
  const transport = {
    start: (_spec, listener) => {
      // What is sent leaves when the program comes to it.
      process.nextTick(() => setTimeout(() => listener.message({ _tag: "Ready" } as never), startsInMs))
      const link = { keepAlive: () => undefined, send: () => undefined, kill: () => killed.push("killed") }
      return link as unknown as WorkerLink
    }
  } as Transport
  const owner = new Proxy({}, { get: () => () => undefined }) as SlotOwner
  const configure = { contexts: [], preload: [] }
  const setup = { id: 1, transport, configure, startTimeoutMs: 400, killGraceMs: 400, owner }
  return { slot: new Slot(setup as unknown as SlotSetup), killed }
}

const blockFor = (ms: number): void => {
  const until = performance.now() + ms
  while (performance.now() < until);
}

it("does not run out while the program is blocked: the worker could tell it nothing", async () => {
  const { slot, killed } = slotWith(1)
  slot.handle({ _tag: "Start" })
  await Promise.resolve()
  blockFor(900)
  await expect.poll(() => slot.state._tag).not.toBe("starting")
  expect([slot.state._tag, killed]).toEqual(["idle", []])
})

it("runs out for one that never comes to be ready", async () => {
  const { slot, killed } = slotWith(3_600_000)
  slot.handle({ _tag: "Start" })
  await expect.poll(() => killed).toEqual(["killed"])
  expect(slot.state._tag).toBe("killing")
})
