/**
 * Plays rows as tests: each in its combinations, each on a pool of its own. Whatever the row, a batch of bystanders
 * gets its values, the next jobs run, the pool ends, and afterwards no process, thread, timer, listener, descriptor or
 * file is left that was not there before.
 */
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { bystanders, within } from "../faults/scene.ts"
import { square } from "../fixtures/plain.ts"
import { expectNoLeaks, snapshotLeaks } from "../setup/leaks.ts"
import { type Combination, combinationsOf, described, sampleOf } from "./combinations.ts"
import { isThorough } from "./quiet.ts"
import type { Row } from "./Row.ts"
import { openStage } from "./Stage.ts"
import { rows } from "./table.ts"

/** A scene that takes longer hangs. */
const PATIENCE_MS = isThorough ? 240_000 : 60_000

const sharedMemory = (): ReadonlyArray<string> => {
  try {
    return readdirSync("/dev/shm").filter((name) => name.startsWith("holdfast-"))
  } catch {
    return []
  }
}

/** A folder for temporary files alone; at the end it must be empty. */
const ownFolder = () => {
  const { TMPDIR } = process.env
  const folder = mkdtempSync(join(tmpdir(), "holdfast-conformance-"))
  const pages = new Set(sharedMemory())
  Object.assign(process.env, { TMPDIR: folder })
  return {
    expectEmpty: async () => {
      expect(readdirSync(folder), "temporary files").toEqual([])
      // Those of other programs come and go as well.
      const left = () => sharedMemory().filter((name) => !pages.has(name))
      await expect.poll(left, { timeout: 5000, message: "files in shared memory" }).toEqual([])
    },
    [Symbol.dispose]: () => {
      if (TMPDIR === undefined) Reflect.deleteProperty(process.env, "TMPDIR")
      else Object.assign(process.env, { TMPDIR })
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

export const playRow = async (row: Row, combination: Combination): Promise<void> => {
  const { play, options = {} } = row.on[combination.executor]
  if (play === undefined) throw new Error(`row ${row.number} can't be played on ${combination.executor}`)
  const { goesOn = true } = row
  using folder = ownFolder()
  const before = snapshotLeaks()
  {
    await using opened = await openStage(combination, { ...row.options, ...options })
    const { stage, eventsRead } = opened
    const whole = async (): Promise<void> => {
      const others = goesOn ? bystanders(stage.pool, 8, 10) : undefined
      await play(stage)
      await others?.unharmed()
      if (goesOn) expect(await stage.pool.map(square, [1, 2, 3, 4, 5]), "the next jobs").toEqual([1, 4, 9, 16, 25])
      await within(20_000, stage.pool.close())
      await within(5000, eventsRead)
    }
    await within(PATIENCE_MS, whole())
  }
  await expectNoLeaks(before)
  await folder.expectEmpty()
}

const sample = sampleOf(rows)

/** Declares the tests of some rows: all combinations for `npm run conformance`, otherwise those of the sample. */
export const conform = (group: ReadonlyArray<Row>): void => {
  for (const row of group) {
    describe(`row ${row.number}: ${row.title}`, () => {
      for (const combination of isThorough ? combinationsOf(row) : (sample.get(row) ?? []))
        it(described(combination), { timeout: PATIENCE_MS + 30_000 }, () => playRow(row, combination))
    })
  }
}
