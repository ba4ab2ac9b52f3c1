/** `holdfast replay` of jobs that are more than a function of plain data. */
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { createPool } from "holdfast"
import { expect, it } from "vitest"
import { rates } from "../fixtures/effects.ts"
import { bills, converts, goesOn } from "../fixtures/replayed.ts"
import { Folder } from "./holdfast.ts"

/** The report of the last attempt. */
const lastOf = (folder: Folder): string => {
  const files = readdirSync(join(folder.path, "reports")).filter((file) => file.endsWith(".json"))
  return join("reports", files.sort().at(-1) ?? "none")
}

it("gives a task what its schema makes of the input, and its own typed error is told", {
  timeout: 90_000
}, async () => {
  const folder = new Folder()
  const pool = await createPool({ workers: 1, logger: false, reports: join(folder.path, "reports") })
  const due = new Date(Date.UTC(2021, 4, 6))
  await expect(pool.run(bills, { id: 7, due })).rejects.toMatchObject({ _tag: "Unpaid" })
  await pool.close()
  const { code, stdout } = await folder.run(["replay", lastOf(folder)])
  expect(stdout).toContain("Unpaid: bill 7 was due in 2021")
  expect(code).toBe(1)
})

it("builds the contexts that the worker had, inline and in a process", { timeout: 90_000 }, async () => {
  const folder = new Folder()
  const reports = join(folder.path, "reports")
  const pool = await createPool({ workers: 1, logger: false, reports, context: [rates] })
  await expect(pool.run(converts, 21)).rejects.toMatchObject({ _tag: "Unpaid" })
  await pool.close()
  for (const isolation of ["inline", "process"]) {
    const { code, stdout } = await folder.run(["replay", lastOf(folder), "--isolation", isolation])
    expect(stdout).toContain("Unpaid: 42 are missing")
    expect(code).toBe(1)
  }
})

it("goes on from the checkpoint that the attempt went on from, each time", { timeout: 90_000 }, async () => {
  const folder = new Folder()
  const reports = join(folder.path, "reports")
  const pool = await createPool({ workers: 1, logger: false, reports, retry: { retries: 2, minTimeout: 1 } })
  await expect(pool.run(goesOn, 5)).rejects.toMatchObject({ _tag: "TaskThrew" })
  await pool.close()
  const { code, stdout, stderr } = await folder.run(["replay", lastOf(folder), "--times", "20"])
  expect(stdout).toContain("attempt 3 went on from 10")
  expect(stderr).toContain("failed 20 of 20 times")
  expect(code).toBe(1)
})
