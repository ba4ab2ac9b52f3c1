/** Workers that start from another build than their program runs: Holdfast was installed anew meanwhile. */
import { expect, it } from "vitest"
import { Workshop } from "./Workshop.ts"

const workshop = Workshop.open()

/** Runs a job, changes what workers are started from, ends its worker, and runs another. */
const replacing = (isolation: string): string => `
  import { createPool, Task } from "holdfast"
  import { readFileSync, writeFileSync } from "node:fs"
  const { work } = Task.module(new URL("./work.js", import.meta.url))
  const pool = await createPool({ workers: 1, isolation: "${isolation}", logger: false, restart: { max: 1 } })
  console.log(await pool.run(work, 1))
  // What an installation of another version would change, as far as it matters here.
  const dist = new URL("./node_modules/@holdfast/supervisor/dist/", import.meta.url)
  const { buildMark } = await import(new URL("protocol/build-mark.js", dist))
  for (const name of ["worker/process-entry.js", "worker/thread-entry.js"]) {
    const file = new URL(name, dist)
    const text = readFileSync(file, "utf8")
    const other = text.replaceAll(buildMark, "another")
    if (other === text) throw new Error(name + " bears no mark")
    writeFileSync(file, other)
  }
  await pool.run(work, "leave").catch((error) => console.log(error._tag))
  await pool.run(work, 2).catch((error) => console.log(error._tag + ": " + error.message))
  await pool.close()
`
const leaving = 'export const work = (n) => (n === "leave" ? process.exit(1) : n * 10)\n'

it.each(["process", "thread"])("a worker of another build is refused by name: isolation %s", async (isolation) => {
  const project = workshop.install("flat").write("work.js", leaving).write("main.js", replacing(isolation))
  const { exitCode, stdout, stderr } = await project.node("main.js")
  expect(stderr).toBe("")
  expect(stdout).toMatch(/^10\nWorkerCrashed\nWorkerFailedToStart: .*Holdfast was installed or built anew meanwhile/)
  expect(stdout).toContain("Start the program again")
  expect(exitCode).toBe(0)
})
