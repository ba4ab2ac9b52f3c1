/** What workers write reaches the parent's pino logger, tagged, in order, and complete before a failure is told. */
import { pino } from "pino"
import { expect } from "vitest"
import { printsAndFails, saysInEffect, saysItAll } from "../fixtures/printing.ts"
import { scenario } from "./scenario.ts"
import { withPool } from "./scene.ts"

interface Line {
  readonly msg: string
  readonly level: number
  readonly [field: string]: unknown
}

const LINES = 3000

/** A logger of the parent's, and what it has written. */
const parentsLogger = () => {
  const lines: Array<Line> = []
  const logger = pino({ level: "trace", base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  return { logger, lines }
}

scenario("whatever a task says, in whatever way, is logged with its worker, task, job and attempt", async () => {
  const { logger, lines } = parentsLogger()
  await withPool({ workers: 2, logger }, async ({ pool }) => {
    await pool.map(saysItAll, ["one", "two", "three"], { chunkSize: 2 })
    await pool.map(saysInEffect, ["four"])
    const { workers } = pool
    const of = (words: string) => lines.filter(({ msg }) => msg.endsWith(` ${words}`))
    const expected = [
      [30, "stdout", "stdout"],
      [40, "stderr", "stderr"],
      [30, "console", "stdout"],
      [40, "console error", "stderr"],
      [30, "descriptor", "stdout"],
      [40, "pino", "stdout"],
      [50, "log", "stdout"]
    ] as const
    for (const [index, words] of ["one", "two", "three"].entries()) {
      await expect.poll(() => of(words).length).toBe(expected.length)
      for (const [level, what, stream] of expected) {
        const line = of(words).find(({ msg }) => msg === `${what} ${words}`)
        expect(line, `${what} ${words}`).toMatchObject({ level, stream, task: "saysItAll", job: index, attempt: 1 })
        expect(workers.map(({ pid }) => pid)).toContain(line?.pid)
        expect(workers.map(({ id }) => id)).toContain(line?.worker)
      }
      expect(of(words).find(({ msg }) => msg.startsWith("pino"))).toMatchObject({ extra: { deep: 1 } })
      expect(of(words).find(({ msg }) => msg.startsWith("log"))).toMatchObject({ reason: "none" })
      // In order within each stream.
      const stdout = of(words).filter(({ stream }) => stream === "stdout")
      expect(stdout.map(({ msg }) => msg.split(" ")[0])).toEqual(["stdout", "console", "descriptor", "pino", "log"])
    }
    await expect.poll(() => of("four").length).toBe(2)
    expect(of("four")).toMatchObject([
      { level: 30, msg: "effect four", colour: "red", task: "saysInEffect", job: 0 },
      { level: 50, msg: "effect error four", task: "saysInEffect", job: 0 }
    ])
  })
})

for (const how of ["throws", "exits", "killed"] as const) {
  scenario(`all that a job printed is here before its failure is told (${how})`, async () => {
    const { logger, lines } = parentsLogger()
    await withPool({ workers: 2, logger }, async ({ pool }) => {
      const [outcome] = await pool.settle(printsAndFails, [how])
      // At this very moment, not some time later.
      const out = lines.filter(({ msg }) => msg.startsWith("out ")).map(({ msg }) => msg.split(" .")[0])
      const err = lines.filter(({ msg }) => msg.startsWith("err ")).map(({ msg }) => msg)
      expect(out.length).toBe(LINES)
      expect(out).toEqual(Array.from({ length: LINES }, (_, line) => `out ${line}`))
      expect(err).toEqual(Array.from({ length: LINES / 10 }, (_, line) => `err ${line * 10}`))
      const { lastLogs } = outcome?.job ?? {}
      expect(lastLogs?.stdout.length).toBe(20)
      expect(lastLogs?.stdout.at(-1)).toBe("unfinished")
      expect(lastLogs?.stdout.at(-2)).toMatch(new RegExp(`^out ${LINES - 1} `))
      expect(lastLogs?.stderr.at(-1)).toBe(`err ${LINES - 10}`)
      if (how !== "throws") expect(outcome).toMatchObject({ error: { _tag: "WorkerCrashed" } })
    })
    expect(lines.find(({ msg }) => msg === "unfinished")).toMatchObject({ task: "printsAndFails", job: 0 })
  })
}
