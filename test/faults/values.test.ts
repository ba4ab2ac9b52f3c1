/** Rows 14 and 15: values that can't cross are refused where they are, by the path to what is wrong with them. */
import { expect } from "vitest"
import { weighs } from "../fixtures/deaths.ts"
import {
  keeps,
  returnsFunction,
  returnsLarge,
  returnsPromiseInside,
  returnsSocket,
  returnsThrowingGetter
} from "../fixtures/values.ts"
import { isStress, scenario } from "./scenario.ts"
import { bystanders, failureOf, withPool } from "./scene.ts"

scenario("an input that can't be sent fails alone, before anything is sent", () =>
  withPool({ workers: 1 }, async ({ pool, eventsOf }) => {
    const others = bystanders(pool)
    const inputs = [1, { items: [1, { onClick: () => 1 }] }, 3, new WeakMap(), Symbol("s"), 6]
    const outcomes = await pool.settle(keeps, inputs, { chunkSize: 6 })
    expect(outcomes.map(({ _tag }) => _tag)).toEqual([
      "Succeeded",
      "Failed",
      "Succeeded",
      "Failed",
      "Failed",
      "Succeeded"
    ])
    const paths = outcomes.flatMap((each) => (each._tag === "Failed" ? [Reflect.get(Object(each.error), "path")] : []))
    expect(paths).toEqual(["input.items[1].onClick", "input", "input"])
    const error = await failureOf("NotSerializable", pool.run(keeps, { deep: { list: [0, () => 1] } }))
    expect(error).toMatchObject({ side: "input", path: "input.deep.list[1]" })
    expect(error.message).toContain("is a function")
    expect(error.job.attempts).toEqual([])
    await others.unharmed()
    expect(eventsOf("WorkerExited")).toEqual([])
  })
)

scenario("a result that can't be sent fails its job with the path, and its worker goes on", () =>
  withPool({ workers: 1 }, async ({ pool, eventsOf }) => {
    const error = await failureOf("NotSerializable", pool.run(returnsFunction, 1))
    expect(error).toMatchObject({ side: "output", path: "result.items[1].onClick", job: { attempts: [{ number: 1 }] } })
    expect(await failureOf("NotSerializable", pool.run(returnsPromiseInside, undefined))).toMatchObject({
      side: "output",
      path: "result.later"
    })
    expect((await failureOf("NotSerializable", pool.run(returnsSocket, undefined))).path).toMatch(/^result\.out/)
    const outcomes = await pool.settle(returnsFunction, [1, 2, 3], { chunkSize: 3 })
    expect(outcomes.map((each) => each._tag === "Failed" && Reflect.get(Object(each.error), "path"))).toEqual(
      Array(3).fill("result.items[1].onClick")
    )
    expect(eventsOf("WorkerExited")).toEqual([])
  })
)

scenario("a getter that throws, on either side, fails that job alone", () =>
  withPool({ workers: 1 }, async ({ pool, eventsOf }) => {
    const hostile = {
      get broken(): number {
        throw new Error("no reading")
      }
    }
    const [before, bad, after] = await pool.settle(keeps, [1, hostile, 3], { chunkSize: 3 })
    expect([before, after]).toMatchObject([{ value: 1 }, { value: 3 }])
    expect(bad).toMatchObject({ _tag: "Failed", error: { _tag: "NotSerializable", side: "input" } })
    const error = await failureOf("NotSerializable", pool.run(returnsThrowingGetter, undefined))
    expect(error).toMatchObject({ side: "output" })
    expect(error.message).toContain("no reading")
    expect(eventsOf("WorkerExited")).toEqual([])
  })
)

scenario("a large buffer crosses both ways", () =>
  withPool({ workers: 1 }, async ({ pool }) => {
    const large = await pool.run(returnsLarge, 100_000_000)
    expect(large.length).toBe(100_000_000)
    expect(large.at(-1)).toBe(7)
    expect(await pool.run(weighs, large)).toBe(100_000_000)
  })
)

// Takes gigabytes, and ten seconds.
const scenarioIfAsked = isStress ? scenario : (): void => undefined

scenarioIfAsked("a result over the bound of a frame is refused with its size, and nothing is harmed", () =>
  withPool({ workers: 2, patience: 60_000 }, async ({ pool, eventsOf }) => {
    const others = bystanders(pool)
    const error = await failureOf("NotSerializable", pool.run(returnsLarge, 2 ** 30 + 1))
    expect(error).toMatchObject({ side: "output", path: "result" })
    expect(error.message).toContain("1 GiB")
    await others.unharmed()
    expect(eventsOf("WorkerExited")).toEqual([])
  })
)
