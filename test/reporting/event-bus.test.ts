import type { PoolEvent } from "@holdfast/core"
import { afterEach, expect, it, vi } from "vitest"
import { EventBus } from "../../packages/supervisor/src/reporting/EventBus.ts"
import { collectGarbage } from "../fixtures/shared-ends.ts"

const started = (batch: number): PoolEvent => ({ _tag: "BatchStarted", at: 0, batch, task: "t", total: undefined })
const batchOf = (event: PoolEvent): number | string => (event._tag === "BatchStarted" ? event.batch : event._tag)

const read = async (events: AsyncIterable<PoolEvent>): Promise<Array<number | string>> => {
  const seen: Array<number | string> = []
  for await (const event of events) seen.push(batchOf(event))
  return seen
}

afterEach(() => vi.restoreAllMocks())

it("tells every listener each event until it leaves", () => {
  const bus = new EventBus()
  const seen: Array<string> = []
  const leave = bus.subscribe((event) => seen.push(`a${batchOf(event)}`))
  bus.subscribe((event) => seen.push(`b${batchOf(event)}`))
  bus.publish(started(1))
  leave()
  bus.publish(started(2))
  expect(seen).toEqual(["a1", "b1", "b2"])
})

it("says whether anybody wants what workers print", () => {
  const bus = new EventBus()
  bus.subscribe(() => undefined, { logs: false })
  expect([bus.active, bus.wantsLogs]).toEqual([true, false])
  const leave = bus.subscribe(() => undefined)
  expect(bus.wantsLogs).toBe(true)
  leave()
  expect(bus.wantsLogs).toBe(false)
})

it("says whether anybody listens, iterators included", async () => {
  const bus = new EventBus()
  expect(bus.active).toBe(false)
  const leave = bus.subscribe(() => undefined)
  expect(bus.active).toBe(true)
  leave()
  leave()
  expect(bus.active).toBe(false)
  const events = bus.iterate()
  expect(bus.active).toBe(true)
  await events.return?.()
  expect(bus.active).toBe(false)
})

it("goes on when listeners throw or reject, and warns once for each of them", async () => {
  const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined)
  const bus = new EventBus()
  const seen: Array<number | string> = []
  bus.subscribe(() => {
    throw new Error("first of all")
  })
  bus.subscribe(async () => {
    throw new Error("later on")
  })
  bus.subscribe((event) => seen.push(batchOf(event)))
  for (const batch of [1, 2, 3]) bus.publish(started(batch))
  expect(seen).toEqual([1, 2, 3])
  await vi.waitFor(() => expect(warn).toHaveBeenCalledTimes(2), { timeout: 20_000 })
  expect(warn.mock.calls.map(([message]) => String(message))).toEqual([
    expect.stringContaining("first of all"),
    expect.stringContaining("later on")
  ])
})

it("keeps one order for all when a listener publishes in turn", () => {
  const bus = new EventBus()
  const seen: Array<number | string> = []
  bus.subscribe((event) => {
    if (batchOf(event) === 1) bus.publish(started(2))
  })
  bus.subscribe((event) => seen.push(batchOf(event)))
  bus.publish(started(1))
  expect(seen).toEqual([1, 2])
})

it("spares a listener that another one has removed in the same round", () => {
  const bus = new EventBus()
  const second = vi.fn()
  bus.subscribe(() => leave())
  const leave = bus.subscribe(second)
  bus.publish(started(1))
  expect(second).not.toHaveBeenCalled()
})

it("gives a waiting iterator each event as it comes", async () => {
  const bus = new EventBus()
  const events = bus.iterate()
  const first = events.next()
  bus.publish(started(1))
  expect(await first).toEqual({ done: false, value: started(1) })
})

it("drops the oldest for a slow reader, then tells how many", async () => {
  const bus = new EventBus()
  const events = bus.iterate(3)
  for (let batch = 1; batch <= 8; batch++) bus.publish(started(batch))
  expect((await events.next()).value).toMatchObject({ _tag: "EventsDropped", count: 5 })
  bus.publish(started(9))
  bus.end()
  expect(await read(events)).toEqual(["EventsDropped", 7, 8, 9])
})

it("holds no more than its capacity through many rounds of dropping and reading", async () => {
  const bus = new EventBus()
  const events = bus.iterate(1_000)
  for (let batch = 1; batch <= 100_000; batch++) {
    bus.publish(started(batch))
    if (batch % 3 === 0) await events.next()
  }
  bus.end()
  const left = await read(events)
  expect(left.filter((each) => typeof each === "number")).toEqual(Array.from({ length: 1_000 }, (_, i) => 99_001 + i))
})

it("drains an iterator at the end, and finishes one that waits or comes later at once", async () => {
  const bus = new EventBus()
  const behind = bus.iterate()
  bus.publish(started(1))
  const waiting = bus.iterate()
  const next = waiting.next()
  bus.end()
  bus.publish(started(2))
  expect(await read(behind)).toEqual([1])
  expect(await next).toEqual({ done: true, value: undefined })
  expect(await read(bus.iterate())).toEqual([])
  expect(bus.active).toBe(false)
})

it("unsubscribes an iterator that is left with break", async () => {
  const bus = new EventBus()
  const events = bus.iterate()
  bus.publish(started(1))
  for await (const event of events) {
    expect(batchOf(event)).toBe(1)
    break
  }
  expect(bus.active).toBe(false)
  expect(await events.next()).toEqual({ done: true, value: undefined })
})

it("keeps no events for an iterator that was dropped, read or not", async () => {
  const bus = new EventBus()
  const drop = async (): Promise<void> => {
    bus.iterate()
    const read = bus.iterate().next()
    bus.publish(started(1))
    await read
  }
  await drop()
  await expect
    .poll(async () => {
      await collectGarbage()
      bus.publish(started(2))
      return bus.active
    })
    .toBe(false)
})

it("keeps an iterator of which nobody knows but who waits for its next event", async () => {
  const bus = new EventBus()
  const seen: Array<number | string> = []
  const watching = (async () => {
    for await (const event of bus.iterate()) seen.push(batchOf(event))
  })()
  for (const batch of [1, 2, 3]) {
    await collectGarbage()
    bus.publish(started(batch))
  }
  bus.end()
  await watching
  expect(seen).toEqual([1, 2, 3])
})
