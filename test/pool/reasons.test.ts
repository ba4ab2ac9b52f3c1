import { createPool, jobOf } from "holdfast"
import { expect, it } from "vitest"
import { failsTwice } from "../fixtures/effects.ts"
import { places } from "./places.ts"

// Inline, what a job prints is the program's own.
const captured = places.filter(({ isolation }) => isolation !== "inline")

it.each(captured)(
  "an Effect that failed for two reasons fails with one, and its log has both, $isolation",
  async ({ isolation }) => {
    const pool = await createPool({ workers: 1, isolation, logger: false })
    try {
      const error: unknown = await pool.run(failsTwice, "a.txt").catch((thrown) => thrown)
      // Effect makes a defect of the typed error too, where a finalizer dies.
      expect(error).toMatchObject({ _tag: "TaskThrew", cause: { _tag: "Unreadable", path: "a.txt" } })
      const [line, ...more] = jobOf(error)?.logs ?? []
      expect(more).toEqual([])
      expect(line).toMatchObject({ message: expect.stringContaining("the Effect failed for 2 reasons") })
      expect(JSON.stringify(line)).toContain("the file was not closed")
      expect(JSON.stringify(line)).toContain("Unreadable")
    } finally {
      await pool.close()
    }
  }
)
