/** What workers write reaches the parent's pino logger, tagged, in order, and complete before a failure is told. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pino } from "pino"
import { expect } from "vitest"
import { square } from "../fixtures/plain.ts"
import {
  abortsInALine,
  floods,
  logsErrors,
  printsAndFails,
  saysInEffect,
  saysItAll,
  saysMore,
  saysNatively,
  saysOddly
} from "../fixtures/printing.ts"
import { takeNotes } from "./notes.ts"
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

for (const isolation of ["process", "thread"] as const) {
  scenario(`several lines that are written at once stay one record (${isolation})`, async () => {
    const { logger, lines } = parentsLogger()
    await withPool({ workers: 1, isolation, logger }, async ({ pool }) => {
      const handle = pool.submit(saysMore, "here")
      await handle.result()
      const said = lines.filter(({ task }) => task === "saysMore")
      expect(said.filter(({ stream }) => stream === "stdout").map(({ level, msg }) => [level, msg])).toEqual([
        [30, "first here\nsecond\nthird"],
        [30, "begun here, ended\nand more"],
        [30, "left over"],
        [30, "ä\nö"],
        [20, "gathered"],
        [50, "records"]
      ])
      const errors = said.filter(({ stream }) => stream === "stderr").map(({ msg }) => msg)
      expect(errors).toEqual([expect.stringMatching(/^RangeError: trace here\n {4}at .*printing\.ts:\d+:\d+\)?\n/)])
      expect(handle.logs.map(({ message }) => message)).toContain("first here\nsecond\nthird")
      // What a failure would show are lines.
      expect(handle.job.lastLogs.stdout.slice(0, 3)).toEqual(["first here", "second", "third"])
    })
  })

  scenario(
    `an error that a task logs keeps its class, and what is odd is logged all the same (${isolation})`,
    async () => {
      const { logger, lines } = parentsLogger()
      await withPool({ workers: 1, isolation, logger }, async ({ pool }) => {
        await pool.run(logsErrors, "out of paper")
        await pool.run(saysOddly, undefined)
        expect(lines.find(({ msg }) => msg === "it failed")).toMatchObject({
          level: 50,
          err: { type: "RangeError", message: "out of paper", stack: expect.stringContaining("printing.ts") }
        })
        expect(lines.find(({ msg }) => msg.startsWith("odd"))?.msg).toMatch(
          /^odd "?10n"? <ref \*1> \{ self: \[Circular \*1\] \}$/
        )
        expect(lines.find(({ msg }) => msg.startsWith("jammed"))?.msg).toMatch(
          /^jammed \{\s+error: RangeError: out of ink\n[\s\S]*printing\.ts[\s\S]*\} Map\(1\) \{ 'page' => 1 \}$/
        )
        expect(lines.find(({ msg }) => msg === "timed")).toMatchObject({
          level: 40,
          spans: { step: expect.any(Number) }
        })
      })
    }
  )

  scenario(`a flood keeps nobody else waiting (${isolation})`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "holdfast-flood-"))
    const { logger, lines } = parentsLogger()
    try {
      await withPool({ workers: 2, isolation, logger }, async ({ pool }) => {
        const file = join(folder, "enough")
        const flood = pool.submit(floods, file)
        await expect.poll(() => lines.length).toBeGreaterThan(1000)
        const before = lines.length
        for (let n = 0; n < 50; n++) expect(await pool.run(square, n)).toBe(n * n)
        await expect.poll(() => lines.length).toBeGreaterThan(before)
        expect(flood.status).toBe("running")
        writeFileSync(file, "")
        const printed = await flood.result()
        // Every line of it, in order, before its result.
        const numbers = lines.flatMap(({ msg }) => (msg.startsWith("flood ") ? [Number(msg.split(" ")[1])] : []))
        expect(numbers.length).toBe(printed)
        expect(numbers.every((number, at) => number === at)).toBe(true)
      })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
}

scenario("what a C library and a child print is logged with the job that ran", async () => {
  const { logger, lines } = parentsLogger()
  using notes = takeNotes()
  await withPool({ workers: 1, logger }, async ({ pool }) => {
    const handle = pool.submit(saysNatively, ["here", notes.file])
    const said = () => lines.filter(({ task }) => task === "saysNatively").map(({ level, msg }) => [level, msg])
    await expect
      .poll(() => said().sort())
      .toEqual([
        [30, "child here"],
        [30, "puts here"],
        [40, "child error here"]
      ])
    writeFileSync(notes.file, "")
    await handle.result()
  })
})

scenario("what a job had begun to print when it aborted is what it printed last", async () => {
  await withPool({ workers: 1 }, async ({ pool }) => {
    const [outcome] = await pool.settle(abortsInALine, [undefined])
    expect(outcome).toMatchObject({ error: { _tag: "WorkerCrashed", signal: "SIGABRT" } })
    expect(String(Reflect.get(outcome ?? {}, "error"))).toMatch(/it printed last: "about to"$/)
  })
})
