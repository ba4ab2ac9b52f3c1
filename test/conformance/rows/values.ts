/** Rows 14 to 17: values that can't cross, do not fit, or arrive broken. */
import { expect } from "vitest"
import { lies } from "../../fixtures/effects.ts"
import { echo } from "../../fixtures/plain.ts"
import { sumOfFields } from "../../fixtures/typed.ts"
import { returnsUnreadable, unreadable } from "../../fixtures/unreadable.ts"
import { holds, holdsBut, NOT_ISOLATED, type Play, type Row } from "../Row.ts"
import type { Culprit } from "../Stage.ts"

const throwing = {
  get broken(): number {
    throw new Error("no reading")
  }
}

const inputs: Play = async ({ pool, eventsOf }) => {
  const refused = new Map<unknown, string>([
    [{ items: [1, { onClick: () => 1 }] }, "input.items[1].onClick"],
    [new WeakMap(), "input"],
    [Symbol("s"), "input"],
    [{ list: [Promise.resolve(1)] }, "input.list[0]"],
    [throwing, "input"],
    [{ toJSON: () => 1 }, "input.toJSON"]
  ])
  const all = [1, ...refused.keys(), { deep: [2] }, "three"]
  const outcomes = await pool.settle(echo, all)
  for (const [index, outcome] of outcomes.entries()) {
    const path = refused.get(all[index])
    if (path === undefined) expect(outcome).toMatchObject({ _tag: "Succeeded", value: all[index] })
    else {
      expect(outcome).toMatchObject({ _tag: "Failed", error: { _tag: "NotSerializable", side: "input" } })
      expect(Reflect.get(Object(Reflect.get(outcome, "error")), "path")).toContain(path)
      expect(outcome.job.attempts, "nothing was sent").toEqual([])
    }
  }
  expect(eventsOf("WorkerExited")).toEqual([])
}

const refusedResult = (act: string, path: string): Culprit => ({
  act,
  input: 1,
  tag: "NotSerializable",
  fields: { side: "output", path: expect.stringContaining(path), job: { attempts: [{ number: 1 }] } }
})

const results: Play = async ({ harm, eventsOf }) => {
  await harm([
    refusedResult("returnsFunction", "result.items[1].onClick"),
    refusedResult("returnsPromiseInside", "result.later"),
    refusedResult("returnsSocket", "result.out"),
    refusedResult("returnsThrowingGetter", "result")
  ])
  expect(eventsOf("WorkerExited")).toEqual([])
}

const schemas: Play = async ({ pool, eventsOf }) => {
  const fitting = { a: 1, b: 2, since: new Date(4) }
  const all = [fitting, { ...fitting, b: "two" as unknown as number }, fitting]
  const [before, wrong, after] = await pool.settle(sumOfFields, all)
  expect([before, after]).toMatchObject([{ value: 7 }, { value: 7 }])
  expect(wrong).toMatchObject({ _tag: "Failed", error: { _tag: "InvalidInput" }, job: { index: 1 } })
  expect(String(Reflect.get(Object(wrong), "error"))).toMatch(/"?b"?/)
  expect(wrong?.job.attempts, "an invalid input is never sent").toEqual([])
  const [output] = await pool.settle(lies, [1])
  expect(output).toMatchObject({ _tag: "Failed", error: { _tag: "InvalidOutput" }, job: { attempts: [{ number: 1 }] } })
  expect(String(Reflect.get(Object(output), "error"))).toMatch(/string/i)
  expect(eventsOf("WorkerExited")).toEqual([])
}

const corrupted: Play = async ({ pool }) => {
  const sent = await pool.settle(echo, [1, { deep: unreadable() }, 3, 4])
  expect(sent[1]).toMatchObject({ _tag: "Failed", error: { _tag: "InvalidInput" }, job: { index: 1 } })
  expect([0, 2, 3].map((at) => sent[at])).toMatchObject([1, 3, 4].map((value) => ({ _tag: "Succeeded", value })))
  const returned = await pool.settle(
    returnsUnreadable,
    [1, 2, 3, 4].map((n) => ({ n, bad: 3 }))
  )
  expect(returned[2]).toMatchObject({ _tag: "Failed", error: { _tag: "InvalidOutput" }, job: { index: 2 } })
  expect([0, 1, 3].map((at) => returned[at])).toMatchObject([1, 2, 4].map((value) => ({ _tag: "Succeeded", value })))
}

export const values: ReadonlyArray<Row> = [
  {
    number: 14,
    title: "an input that can't be sent fails alone, with the path to what is wrong, before anything is sent",
    doorsDiffer: false,
    on: { process: holds(inputs), thread: holds(inputs), inline: holds(inputs) }
  },
  {
    number: 15,
    title: "a result that can't be sent fails its job with the path, and its worker goes on",
    doorsDiffer: false,
    on: { process: holds(results), thread: holds(results), inline: holds(results) }
  },
  {
    number: 16,
    title: "an input or output that does not fit its schema is refused with the schema's message",
    doorsDiffer: false,
    on: { process: holds(schemas), thread: holds(schemas), inline: holds(schemas) }
  },
  {
    number: 17,
    title: "a value that can't be read where it arrives fails its own job, on either side",
    doorsDiffer: false,
    on: {
      process: holds(corrupted),
      thread: holds(corrupted),
      inline: holdsBut(`${NOT_ISOLATED} Values are copied all the same, and one that can't be is told of.`, corrupted)
    }
  }
]
