/** Rows 7 and 8: what escapes from a task, while it runs and afterwards. */
import { expect } from "vitest"
import { escapesBesideAnother, takesItsTime, ways } from "../../fixtures/late.ts"
import { EVENTUALLY } from "../quiet.ts"
import { cannotHold, holds, NOT_ISOLATED, type Play, type Row } from "../Row.ts"

const whileRunning: Play = async ({ harm, eventsOf }) => {
  const failures = await harm(ways.map((input) => ({ act: "escapesWhileRunning", input, tag: "TaskThrew" })))
  for (const [at, way] of ways.entries()) {
    const { cause } = failures[at] ?? {}
    if (way === "nothing") expect(cause).toBe(undefined)
    else expect((cause as Error).message).toMatch(/^escaped from/)
  }
  await expect.poll(() => eventsOf("WorkerExited").length, EVENTUALLY).toBe(ways.length)
  expect(eventsOf("WorkerExited").every(({ expected }) => expected)).toBe(true)
  expect(eventsOf("LateError")).toEqual([])
}

const afterwards: Play = async ({ pool, size, notes, eventsOf }) => {
  const { file } = notes()
  expect(await pool.run(escapesBesideAnother, { n: 5, file })).toBe(5)
  // One for every worker: so one of them runs where the error escapes, whichever that is.
  const inputs = Array.from({ length: size }, (_, n) => ({ file, n, ms: 500 }))
  const outcomes = await pool.settle(takesItsTime, inputs, { chunkSize: 1 })
  expect(outcomes).toMatchObject(inputs.map(({ n }) => ({ _tag: "Succeeded", value: n, job: { attempts: [{}] } })))
  await expect
    .poll(() => eventsOf("LateError"))
    .toMatchObject([{ task: "escapesBesideAnother", index: 0, error: { message: "escaped after job 5" } }])
  await expect.poll(() => eventsOf("WorkerExited"), EVENTUALLY).toMatchObject([{ expected: true }])
  expect(eventsOf("JobFailed")).toEqual([])
}

const ESCAPES = `${NOT_ISOLATED} What escapes goes to the program's own handlers.`

export const escapes: ReadonlyArray<Row> = [
  {
    number: 7,
    title: "what escapes from a running job fails that job, and its worker is replaced",
    doorsDiffer: false,
    on: { process: holds(whileRunning), thread: holds(whileRunning), inline: cannotHold(ESCAPES) }
  },
  {
    number: 8,
    title: "what escapes after its job harms no other, and an event names the task",
    doorsDiffer: false,
    on: { process: holds(afterwards), thread: holds(afterwards), inline: cannotHold(ESCAPES) }
  }
]
