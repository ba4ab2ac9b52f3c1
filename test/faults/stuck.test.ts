/** Row 11: a promise that can never settle is proven, at once and without any timeout. */
import { createPool } from "holdfast"
import { expect } from "vitest"
import { neverSettles } from "../fixtures/faulty.ts"
import { listensFor, neverWakes, wakesLate } from "../fixtures/hangs.ts"
import { connection, holdsConnection } from "../fixtures/permits.ts"
import { square } from "../fixtures/plain.ts"
import { scenario } from "./scenario.ts"
import { bystanders, failureOf, STOPS_MS, timed, withPool } from "./scene.ts"

scenario("a promise that nobody can resolve fails its job at once, and its worker goes on", () =>
  withPool({}, async ({ pool, eventsOf }) => {
    await pool.map(square, [1, 2, 3, 4])
    const others = bystanders(pool)
    const { result: error, ms } = await timed(() => failureOf("JobStuck", pool.run(neverSettles, undefined)))
    expect(error.waitingOn).toEqual([])
    expect(error.message).toContain("can never happen")
    expect(error.stack).toContain("stuck.test.ts")
    expect(ms).toBeLessThan(2000 + STOPS_MS)
    for (const how of ["promise", "unref", "thenable"] as const) await failureOf("JobStuck", pool.run(neverWakes, how))
    await others.unharmed()
    expect(eventsOf("WorkerExited")).toEqual([])
  })
)

scenario("in a chunk, each stuck job fails by itself, and the worker never ends of it", () =>
  withPool({ workers: 1 }, async ({ pool, eventsOf }) => {
    const hows = Array.from({ length: 40 }, (_, n) => (["promise", "thenable", "unref"] as const)[n % 3] ?? "promise")
    const outcomes = await pool.settle(neverWakes, hows, { chunkSize: 40 })
    expect(outcomes.map((each) => each._tag === "Failed" && Reflect.get(Object(each.error), "_tag"))).toEqual(
      Array(40).fill("JobStuck")
    )
    expect(eventsOf("WorkerExited")).toEqual([])
  })
)

scenario("a timer that does not keep the process alive is no proof", () =>
  withPool({ workers: 1 }, async ({ pool }) => {
    expect(await pool.run(wakesLate, 300)).toBe("woken")
  })
)

scenario("a promise that nobody can resolve fails its job also where one beside it could be woken, and has ended", () =>
  withPool({ workers: 1, concurrency: 3 }, async ({ pool }) => {
    await pool.run(square, 3)
    const handles = [pool.submit(listensFor, 200), pool.submit(neverSettles, undefined), pool.submit(listensFor, 300)]
    for (const handle of handles) expect(await handle.wait("15 seconds")).toBe(true)
    expect(handles.map((handle) => handle.poll())).toMatchObject([
      { value: 200 },
      { error: { _tag: "JobStuck" } },
      { value: 300 }
    ])
  })
)

scenario("an Effect that is proven stuck gives back what it holds, and the next job has it", async () => {
  for (const isolation of ["process", "thread"] as const) {
    await using pool = await createPool({ workers: 1, isolation, logger: false, context: connection })
    const stuck = pool.submit(holdsConnection, "for ever")
    await failureOf("JobStuck", stuck.result())
    expect(stuck.logs.map(({ message }) => message)).toEqual(["given back"])
    expect(await pool.run(holdsConnection, "for a moment")).toBe("for a moment")
    expect(pool.workers[0]?.restarts).toBe(0)
  }
})

scenario("an Effect from which something escapes gives back what it holds to the jobs beside it", async () => {
  await using pool = await createPool({ workers: 1, concurrency: 2, logger: false, context: connection })
  const failing = pool.submit(holdsConnection, "while something escapes")
  const beside = pool.submit(holdsConnection, "for a moment")
  expect(await failureOf("TaskThrew", failing.result())).toMatchObject({ cause: { message: "left behind" } })
  expect(await beside.result()).toBe("for a moment")
})
