import type { Frame } from "@holdfast/core"
import { describe, expect, it } from "vitest"
import { story } from "../../packages/supervisor/src/failure/whereabouts.ts"
import { investigate, type Suspect } from "../../packages/supervisor/src/pool/investigation.ts"
import { timeOut } from "../../packages/supervisor/src/pool/time-out.ts"

const timer = { kind: "timer", detail: "due in 4000 ms" }

/** A worker whose event loop answers after so many milliseconds, and whose main thread stands there. */
const suspect = (answersAfterMs: number, ...files: ReadonlyArray<string>): Suspect => ({
  link: {
    watchdog: {
      capture: async () => ({
        state: "stopped",
        frames: files.map((file): Frame => ({ function: "f", file, line: 1, column: 1 }))
      })
    }
  },
  inspect: (withinMs) =>
    new Promise((resolve) => {
      if (answersAfterMs <= withinMs) setTimeout(() => resolve([timer]), answersAfterMs)
      else setTimeout(() => resolve(undefined), withinMs)
    })
})

const never = Number.POSITIVE_INFINITY

describe("a job that has passed its limit", () => {
  it("waits, if its event loop answers", async () => {
    expect(await investigate(suspect(1))).toMatchObject({ blocked: false, waitingOn: [timer] })
  })

  it("waits, if its event loop answers late and none of its own code stands in the way", async () => {
    const own = new URL("../../packages/supervisor/src/worker/runtime.ts", import.meta.url).pathname
    const found = await investigate(suspect(120, "wasm://wasm/00ad0bc6", "node:internal/streams", own))
    expect(found).toMatchObject({ blocked: false, hungAt: undefined, waitingOn: [timer] })
  })

  it("waits, if its event loop answers late, and it was seen in an Effect that lets it turn", async () => {
    const found = await investigate(suspect(120, "/home/ada/node_modules/effect/dist/Scheduler.js", "node:timers"))
    expect(found).toMatchObject({ blocked: false, hungAt: undefined, waitingOn: [timer] })
  })

  it("is blocked in Effect's code, if that does not let it turn", async () => {
    const scheduler = "/home/ada/node_modules/effect/dist/Scheduler.js"
    const found = await investigate(suspect(never, scheduler, "node:timers"))
    expect(found).toMatchObject({ blocked: true, isSeen: true, hungAt: [{ file: scheduler }] })
  })

  it("is never where the worker itself is, as it tells what the job waits on", async () => {
    const own = new URL("../../packages/supervisor/src/worker/effect-place.ts", import.meta.url).pathname
    const found = await investigate(suspect(never, "node:internal/url", own, "node:inspector"))
    expect(found).toMatchObject({ blocked: true, isSeen: false, hungAt: undefined })
  })

  it("is looked at until its own code is seen, if it has Node do the most", async () => {
    const { inspect } = suspect(never)
    let looks = 0
    const capture = async () => {
      const file = ++looks < 5 ? "node:internal/fixed_queue" : "/home/ada/task.ts"
      return { state: "stopped" as const, frames: [{ function: "f", file, line: 1, column: 1 }] }
    }
    const found = await investigate({ link: { watchdog: { capture } }, inspect })
    expect(found).toMatchObject({ blocked: true, isSeen: true, hungAt: [{ file: "/home/ada/task.ts" }] })
  })

  it("is blocked, if its own code does not let the event loop answer", async () => {
    const found = await investigate(suspect(never, "node:internal/crypto", "/home/ada/task.ts"))
    expect(found).toMatchObject({ blocked: true, hungAt: [{ file: "/home/ada/task.ts" }] })
  })

  it("is where it was seen before, if there is no time to look again", async () => {
    const { inspect } = suspect(never)
    const frame: Frame = { function: "f", file: "/home/ada/task.ts", line: 7, column: 1 }
    const found = await investigate({
      link: { watchdog: { capture: async () => undefined } },
      ahead: { seen: Promise.resolve({ state: "stopped", frames: [frame] }), waitedOn: undefined },
      inspect
    })
    expect(found).toMatchObject({ blocked: true, hungAt: [frame] })
  })

  it("is where it was seen before, if it has had no time to run since", async () => {
    // It has no time to answer, either; nothing waits for that here.
    const inspect = async () => undefined
    const frame: Frame = { function: "f", file: "/home/ada/task.ts", line: 7, column: 1 }
    const at = (cpuMs: number, lastSeen: { frames: ReadonlyArray<Frame>; at: number } | undefined) =>
      investigate({
        link: {
          watchdog: {
            capture: async () => ({ state: "native", frames: [], native: { busy: true, cpuMs, overMs: 150 } })
          }
        },
        ahead: { seen: undefined, waitedOn: undefined, lastSeen },
        inspect
      })
    const seen = { frames: [frame], at: performance.now() }
    expect(await at(4, seen)).toMatchObject({ blocked: true, isSeen: true, hungAt: [frame], native: undefined })
    expect(await at(4, undefined)).toMatchObject({ blocked: true, isSeen: false, native: undefined })
    const busy = await at(140, seen)
    expect(busy).toMatchObject({ blocked: true, hungAt: [], native: { busy: true, lastSeen: { frames: [frame] } } })
    expect(story(busy)).toMatch(/busy in native code.*; [\d.]+ m?s before, it was in f at .home.ada.task.ts:7:1$/)
  })

  it("is in native code, if it is there by now, with where it was seen in its own code before", async () => {
    const { inspect } = suspect(never)
    const frame: Frame = { function: "f", file: "/home/ada/task.ts", line: 7, column: 1 }
    const native = { busy: false, cpuMs: 0, overMs: 150, syscall: "wait4", child: "4711 sleep 10" }
    const found = await investigate({
      link: { watchdog: { capture: async () => ({ state: "native", frames: [], native }) } },
      ahead: {
        seen: Promise.resolve({ state: "stopped", frames: [frame] }),
        waitedOn: undefined,
        lastSeen: { frames: [frame], at: performance.now() }
      },
      inspect
    })
    expect(found).toMatchObject({ blocked: true, hungAt: [], native: { ...native, lastSeen: { frames: [frame] } } })
    expect(story(found)).toMatch(/wait4 on 4711 sleep 10; [\d.]+ m?s before, it was in f at .home.ada.task.ts:7:1$/)
  })

  it("is looked at while its answer is waited for, if it was blocked a moment ago", async () => {
    const { inspect } = suspect(never)
    const frame: Frame = { function: "f", file: "/home/ada/task.ts", line: 7, column: 1 }
    const order: Array<string> = []
    const found = await investigate({
      link: {
        watchdog: {
          capture: async () => {
            order.push("looked at")
            return { state: "stopped", frames: [frame] }
          }
        }
      },
      ahead: { seen: Promise.resolve({ state: "stopped", frames: [frame] }), waitedOn: undefined },
      inspect: (withinMs) => {
        setTimeout(() => order.push("had time to answer"), 0)
        return inspect(withinMs)
      }
    })
    expect(order).toEqual(["looked at", "had time to answer"])
    expect(found).toMatchObject({ blocked: true, hungAt: [frame] })
  })

  it("waits on what it said a moment ago, if neither an answer nor a sight of it comes in time", async () => {
    const { inspect } = suspect(never)
    const unseen = { watchdog: { capture: async () => undefined } }
    const found = await investigate({ link: unseen, ahead: { seen: undefined, waitedOn: [timer] }, inspect })
    expect(found).toMatchObject({ blocked: false, waitingOn: [timer] })
  })

  it("is blocked, if nothing can be seen within a quarter of a second, and no answer comes in a second more", async () => {
    const asked: Array<number> = []
    const { link, inspect } = suspect(never)
    const found = await investigate({
      link,
      inspect: (withinMs) => {
        asked.push(withinMs)
        return inspect(withinMs)
      }
    })
    expect(found).toMatchObject({ blocked: true, waitingOn: undefined })
    expect(asked).toEqual([220, 1000])
  })

  it("gets a second more as long as it has had no time to run, three at most", async () => {
    const asked: Array<number> = []
    const file = "/home/ada/task.ts"
    /** Starved until it was looked at so often. */
    const starved = (untilLook: number): Suspect => {
      let looks = 0
      const native = { busy: true, cpuMs: 0, overMs: 800 }
      return {
        link: {
          watchdog: {
            capture: async () =>
              ++looks < untilLook
                ? { state: "native", frames: [], native }
                : { state: "stopped", frames: [{ function: "f", file, line: 1, column: 1 }] }
          }
        },
        inspect: async (withinMs) => {
          asked.push(withinMs)
          return undefined
        }
      }
    }
    expect(await investigate(starved(4))).toMatchObject({ blocked: true, isSeen: true, hungAt: [{ file }] })
    expect(asked).toEqual([220, 1000, 1000, 1000])
    expect(await investigate(starved(5))).toMatchObject({ blocked: true, isSeen: false, hungAt: [] })
    expect(asked.slice(4)).toEqual([220, 1000, 1000, 1000])
  })
})

describe("jobs of one worker that have passed their limits", () => {
  /** A worker that answers after a while, and what is made of its jobs. */
  const scene = () => {
    const facts = { asked: 0, failed: [] as Array<unknown> }
    const { inspect } = suspect(20)
    const slot = {
      ...suspect(20),
      chunks: [],
      runningIn: (chunk: { readonly next: number }) => chunk.next,
      inspect: (withinMs: number) => {
        facts.asked++
        return inspect(withinMs)
      }
    }
    const engine = {
      releases: {
        hasCompany: () => true,
        hasBystanders: () => true,
        forsake: (_: unknown, chunk: { readonly forsaken: Set<number> }, offset: number) => chunk.forsaken.add(offset)
      },
      settlement: { attemptFailed: (lane: unknown) => facts.failed.push(lane) },
      clock: { watch: () => undefined },
      logs: { of: () => undefined }
    }
    const chunkOf = (lane: string) => ({ lane, next: 0, base: 0, inputs: [1], forsaken: new Set<number>() })
    const expire = (chunk: object) =>
      timeOut(engine as never, slot as never, chunk as never, 0, { which: "timeout", limitMs: 10 })
    return { facts, chunkOf, expire }
  }

  it("are looked into once, all together, and again where one passes it later", async () => {
    const { chunkOf, expire, facts } = scene()
    await Promise.all(["a", "b", "c"].map((lane) => expire(chunkOf(lane))))
    expect(facts).toEqual({ asked: 1, failed: ["a", "b", "c"] })
    await expire(chunkOf("d"))
    expect(facts).toEqual({ asked: 2, failed: ["a", "b", "c", "d"] })
  })

  it("fail once each, however often they are found to have passed it meanwhile", async () => {
    const { chunkOf, expire, facts } = scene()
    const chunk = chunkOf("a")
    const first = expire(chunk)
    await expire(chunk)
    expect(facts.failed).toEqual([])
    await first
    expect(facts.failed).toEqual(["a"])
  })
})
