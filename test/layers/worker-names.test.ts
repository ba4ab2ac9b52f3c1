/** A module of tasks may import in a worker whatever `holdfast` gives outside of one. */
import { createPool } from "holdfast"
import { expect, it } from "vitest"
import * as outside from "../../packages/holdfast/src/index.ts"
import * as inside from "../../packages/holdfast/src/worker.ts"
import { readsReport } from "../fixtures/reads-reports.ts"

it("holdfast has the same names inside a worker", () => {
  expect(Object.keys(inside).sort()).toEqual(Object.keys(outside).sort())
})

it("reads a report inside a worker, too", async () => {
  await using pool = await createPool({ workers: 1, logger: false })
  expect(await pool.run(readsReport, "/no/such/report.json")).toMatch(/no\/such\/report\.json/)
})
