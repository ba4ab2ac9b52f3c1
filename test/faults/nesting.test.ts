/** Row 32: a pool inside a worker is a mistake, told plainly, unless it was asked for; then it dies with its worker. */
import { Task } from "@holdfast/core"
import { expect } from "vitest"
import { nests, nestsUnasked } from "../fixtures/nesting.ts"
import { nestsInLayer, nestsInScope } from "../fixtures/nesting-effect.ts"
import { descendants } from "../setup/descendants.ts"
import { takeNotes } from "./notes.ts"
import { scenario } from "./scenario.ts"
import { bystanders, failureOf, isAlive, withPool } from "./scene.ts"

const cubeOf = (file: string) =>
  Task.fn({ url: new URL(`../fixtures/${file}.ts`, import.meta.url).href }, "cube", (n: number) => n ** 3)

for (const [file, says] of [
  ["pool-at-import", /createPool.*inside (of )?a worker.*import\.meta\.main/s],
  ["effect-pool-at-import", /inside (of )?a worker.*import\.meta\.main/s]
] as const) {
  scenario(`a task module that makes a pool at import (${file}) is told of its mistake, and is no fork bomb`, () =>
    withPool({ workers: 2 }, async ({ pool, eventsOf }) => {
      const others = bystanders(pool)
      const error = await failureOf("TaskNotLoaded", pool.run(cubeOf(file), 3))
      expect(error.message).toMatch(says)
      expect((error.cause as Error).message).toMatch(says)
      expect(descendants().size).toBeLessThanOrEqual(2)
      await others.unharmed()
      expect(eventsOf("WorkerExited")).toEqual([])
    })
  )
}

scenario("a pool made in a job without having asked for it is refused there", () =>
  withPool({ workers: 1 }, async ({ pool }) => {
    const error = await failureOf("TaskThrew", pool.run(nestsUnasked, undefined))
    expect(error.message).toContain("allowNested: true")
    expect(error.frames[0]?.file).toMatch(/fixtures\/nesting\.ts$/)
    expect(error.stack).not.toContain("packages/holdfast")
  })
)

scenario("what waits for a pool that its job made says where the job made it", () =>
  withPool({ workers: 1, logger: false }, async ({ pool }) => {
    using notes = takeNotes()
    const run = pool.run(nests, { file: notes.file, stays: true }, { timeout: 3000 })
    const { waitingOn } = await failureOf("JobTimedOut", run)
    const places = waitingOn?.flatMap(({ openedAt }) => openedAt?.file ?? [])
    expect(places).toContainEqual(expect.stringMatching(/fixtures\/nesting\.ts$/))
    expect(places?.filter((file) => file.includes("packages/holdfast"))).toEqual([])
    // Neither Holdfast's own files and flags nor the pipes to its workers.
    const children = waitingOn?.filter(({ kind }) => kind === "child process")
    expect(children?.length).toBeGreaterThan(0)
    for (const { detail } of children ?? []) expect(detail).toMatch(/^\d+ \(a worker of Holdfast\)$/)
    expect(waitingOn?.filter(({ kind }) => kind === "pipe")).toEqual([])
  })
)

scenario("a nested pool that was asked for works", () =>
  withPool({ workers: 1 }, async ({ pool }) => {
    expect(await pool.run(nests, { file: "", stays: false })).toEqual([1, 4, 9])
  })
)

scenario(
  "a nested pool works through the Effect door, in a scope and as a layer; one not asked for is refused there",
  () =>
    withPool({ workers: 1 }, async ({ pool }) => {
      expect(await pool.run(nestsInScope, true)).toEqual([1, 4, 9])
      expect(await pool.run(nestsInLayer, 5)).toBe(25)
      const error = await failureOf("TaskThrew", pool.run(nestsInScope, false))
      expect(error.message).toContain("Pool.make({ allowNested: true })")
    })
)

scenario("a nested pool's workers die with the worker that made it", () =>
  withPool({ workers: 1 }, async ({ pool }) => {
    using notes = takeNotes()
    const failing = failureOf("WorkerCrashed", pool.run(nests, { file: notes.file, stays: true }))
    const [outer = 0, ...inner] = ((await notes.written(1))[0] ?? "").split(" ").map(Number)
    expect(inner.filter(isAlive).length).toBe(2)
    process.kill(outer, "SIGKILL")
    await failing
    await expect.poll(() => inner.filter(isAlive), { interval: 10 }).toEqual([])
  })
)
