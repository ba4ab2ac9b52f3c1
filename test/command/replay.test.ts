/** `holdfast replay` of jobs that are more than a function of plain data. */
import { mkdirSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { createPool } from "holdfast"
import { expect, it } from "vitest"
import { rates } from "../fixtures/effects.ts"
import { bills, converts, goesOn } from "../fixtures/replayed.ts"
import { Folder, until } from "./holdfast.ts"

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

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

it("ends the program of the job when it is ended itself, also one that loops", { timeout: 90_000 }, async () => {
  const folder = new Folder().write(
    "loops.mjs",
    `import { writeFileSync } from "node:fs"
    export const loop = (name) => {
      writeFileSync(name, process.pid + "\\n")
      for (;;);
    }`
  )
  await folder.run(["run", "loops.mjs", "--timeout", "500ms", "--reports", "reports"], '"pid"\n')
  for (const [signal, code] of [
    ["SIGTERM", 143],
    ["SIGHUP", 129],
    // Which it can't pass on.
    ["SIGKILL", null]
  ] as const) {
    rmSync(join(folder.path, "pid"), { force: true })
    const replay = folder.start(["replay", lastOf(folder)])
    await until(() => expect(folder.read("pid")).toMatch(/\n$/))
    const pid = Number(folder.read("pid"))
    expect(pid).not.toBe(replay.child.pid)
    try {
      replay.child.kill(signal)
      await until(() => expect(isAlive(pid)).toBe(false))
      expect(await replay.ended).toMatchObject({ code })
    } finally {
      if (isAlive(pid)) process.kill(pid, "SIGKILL")
    }
  }
})

it("ends one that listens to the signal and goes on by the second, or some seconds later", {
  timeout: 90_000
}, async () => {
  const folder = new Folder().write(
    "listens.mjs",
    `import { existsSync, writeFileSync } from "node:fs"
    export const listen = (name) => {
      if (!existsSync("listening")) throw new Error("not yet")
      process.on("SIGTERM", () => writeFileSync(name, "heard\\n"))
      writeFileSync(name, process.pid + "\\n")
      return new Promise((resolve) => setTimeout(resolve, 600_000))
    }`
  )
  await folder.run(["run", "listens.mjs", "--reports", "reports"], '"pid"\n')
  folder.write("listening", "")
  for (const signals of [2, 1]) {
    rmSync(join(folder.path, "pid"), { force: true })
    const replay = folder.start(["replay", lastOf(folder)])
    await until(() => expect(folder.read("pid")).toMatch(/^\d+\n$/))
    const pid = Number(folder.read("pid"))
    try {
      replay.child.kill("SIGTERM")
      await until(() => expect(folder.read("pid")).toBe("heard\n"))
      if (signals === 2) replay.child.kill("SIGTERM")
      expect(await replay.ended).toMatchObject({ code: 143 })
      expect(isAlive(pid)).toBe(false)
    } finally {
      if (isAlive(pid)) process.kill(pid, "SIGKILL")
    }
  }
})

it("says that the working directory of the worker is gone, or the module", { timeout: 90_000 }, async () => {
  const folder = new Folder()
  const home = join(folder.path, "a home")
  mkdirSync(home)
  folder.write("a home/fails.mjs", "export const fails = () => { throw new Error() }")
  await folder.run(["run", "a home/fails.mjs", "--cwd", "a home", "--reports", "reports"], "1\n")
  const replayed = async (...flags: Array<string>): Promise<string> => {
    const { code, stderr } = await folder.run(["replay", lastOf(folder), ...flags])
    expect(code).toBe(2)
    return stderr
  }
  rmSync(join(home, "fails.mjs"))
  expect(await replayed()).toMatch(/^holdfast: the module of task "fails" is gone: there is no file:.*\n$/)
  rmSync(home, { recursive: true })
  const gone = `holdfast: the working directory of its worker is gone: there is no ${home} any more\n`
  expect(await replayed()).toBe(gone)
  expect(await replayed("--isolation", "process")).toBe(gone)
})
