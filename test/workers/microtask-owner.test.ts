/** Node 22 and 23 alone need it, which the suite does not run on: here the microtask's context is given by hand. */
import { expect, it, onTestFinished } from "vitest"
import { JobScope, within } from "../../packages/supervisor/src/worker/job-scope.ts"
import { microtaskOwnerOf, noteMicrotaskOwners } from "../../packages/supervisor/src/worker/microtask-owner.ts"

const queued = (): Array<() => void> => {
  const { queueMicrotask: original } = globalThis
  onTestFinished(() => {
    globalThis.queueMicrotask = original
  })
  const callbacks: Array<() => void> = []
  globalThis.queueMicrotask = (callback) => {
    if (typeof callback !== "function") throw new TypeError("no function")
    callbacks.push(callback)
  }
  noteMicrotaskOwners()
  return callbacks
}

it("tells once in whose microtask an error was thrown, and of no other error", () => {
  const callbacks = queued()
  const [mine, other] = [new Error("mine"), new Error("other")]
  const scope = new JobScope(undefined as never, undefined as never, 3)
  queueMicrotask(() => {
    throw mine
  })
  expect(() => within(scope, () => callbacks[0]?.())).toThrow(mine)
  expect(microtaskOwnerOf(mine)).toBe(scope)
  expect(microtaskOwnerOf(mine)).toBeUndefined()
  expect(() => within(scope, () => callbacks[0]?.())).toThrow(mine)
  expect(microtaskOwnerOf(other)).toBeUndefined()
})

it("runs what throws nothing, and leaves what is no function to Node", () => {
  const callbacks = queued()
  let ran = 0
  queueMicrotask(() => void ran++)
  for (const callback of callbacks) callback()
  expect(ran).toBe(1)
  expect(() => queueMicrotask("nothing" as never)).toThrow("no function")
})
