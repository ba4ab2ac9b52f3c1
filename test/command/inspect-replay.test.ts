/** `holdfast inspect` and `holdfast replay`: what failed in a run, and the same job once more. */
import { spawn } from "node:child_process"
import { readdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { createPool, type PoolOptions } from "holdfast"
import { expect, it, onTestFinished } from "vitest"
import { chained, exitsLoudly, failsTwice, flaky, scaled, tooLong } from "../fixtures/reported.ts"
import { Folder, numbers, PROGRAM, task, until } from "./holdfast.ts"

/** Runs one job in a pool that keeps reports in the folder; gives the name of the first. */
const reportOf = async (folder: Folder, task: unknown, input: unknown, options: PoolOptions = {}): Promise<string> => {
  const reports = join(folder.path, "reports")
  const pool = await createPool({ workers: 1, logger: false, reports, ...options })
  await pool.run(task as never, input as never, { key: "the-key" } as never).catch(() => undefined)
  await pool.close()
  const [first] = readdirSync(reports)
    .filter((file) => file.endsWith(".json"))
    .sort()
  return join("reports", first ?? "none")
}

const tasks = `export const check = (n: number) => {
  if (n % 5 === 0) throw new RangeError("five divides " + n)
  if (n === 7) process.exit(3)
  return n
}
`

it("tells after a run what has failed, grouped by cause, and one failure in full", { timeout: 90_000 }, async () => {
  const folder = new Folder().write("tasks.ts", tasks)
  const ran = await folder.run(["run", "tasks.ts#check", "-k", "--lines", "-j", "2"], "")
  expect(ran).toMatchObject({ code: 0 })
  expect(readdirSync(folder.path)).toEqual(["tasks.ts"])
  const failed = await folder.run(["run", "tasks.ts#check", "-k", "-j", "2"], numbers(12))
  expect(failed.code).toBe(1)
  expect(failed.stderr).toContain("3 reports of failures: holdfast inspect holdfast-reports")
  const causes = await folder.run(["inspect", "holdfast-reports"])
  expect(causes).toMatchObject({ code: 0, stderr: "" })
  expect(causes.stdout).toMatch(/^3 failed attempts of 2 causes\n\n2 jobs {2}RangeError: five divides (5|10)\n/)
  expect(causes.stdout).toContain(`at check (${folder.path}/tasks.ts:2:26)`)
  expect(causes.stdout).toContain("process.exit(3)")
  const { groups } = JSON.parse((await folder.run(["inspect", "holdfast-reports", "--json"])).stdout)
  expect(groups).toMatchObject([{ failures: 2, jobs: 2 }, { failures: 1 }])
  const shown = await folder.run(["inspect", groups[0].example])
  const idle = await folder.run(["inspect", groups[0].example, "--all", "--newest"])
  expect(idle).toMatchObject({ code: 2, stdout: "" })
  expect(idle.stderr).toMatch(
    /^holdfast: --all and --newest say what is shown of a directory, and \S+ is one report\n$/
  )
  expect(shown.code).toBe(0)
  expect(shown.stdout).toMatch(/^TaskThrew: .*five divides/)
  expect(shown.stdout).toMatch(/> 2 \| {3}if \(n % 5 === 0\)/)
  expect(shown.stdout).toContain("run it again: holdfast replay")
})

it("counts jobs of the same index and key as many as they are, and their attempts for one", async () => {
  const folder = new Folder()
  const reports = join(folder.path, "reports")
  const pool = await createPool({ workers: 2, logger: false, reports })
  const retry = { retries: 1, minTimeout: 0 }
  const order = { id: 7, lines: new Map(), placed: new Date(0) }
  for (let n = 0; n < 3; n++) await pool.run(failsTwice, order, { retry }).catch(() => undefined)
  await pool.close()
  const inspected = await folder.run(["inspect", "reports"])
  expect(inspected.stdout).toMatch(/^6 failed attempts of 1 cause\n\n3 jobs in 6 attempts {2}/)
})

it("counts the reports of all attempts, and says how many of them are kept", { timeout: 90_000 }, async () => {
  const folder = new Folder().write("tasks.ts", tasks)
  const retried = ["run", task("succeedsAtLast"), "--retries", "1"]
  const well = await folder.run(retried, "2\n")
  expect(well).toMatchObject({ code: 0 })
  expect(well.stderr).toContain("holdfast: 1 report of a failure: holdfast inspect holdfast-reports\n")
  const many = ["run", "tasks.ts#check", "-k", "--failures", "failed.jsonl", "--reports", "many", "-j", "2"]
  const ran = await folder.run(many, "5\n".repeat(1010))
  expect(ran.stderr).toContain(
    "holdfast: 1,010 reports of failures, of which the newest 1,000 are kept: holdfast inspect many\n"
  )
})

it("shows commands that a shell takes as they are, also where the directory has a space in its name", {
  timeout: 90_000
}, async () => {
  const folder = new Folder().write("tasks.ts", tasks)
  await folder.run(["run", "tasks.ts#check", "-q", "--reports", "what is kept"], "5\n")
  const causes = await folder.run(["inspect", "what is kept"])
  const shown = await folder.shell(/^ +(holdfast inspect .*)$/m.exec(causes.stdout)?.[1] as string)
  expect(shown).toMatchObject({ code: 0, stderr: "" })
  const replayed = await folder.shell(/run it again: (holdfast replay .*)$/m.exec(shown.stdout)?.[1] as string)
  expect(replayed.stdout).toContain("RangeError: five divides")
})

it("ends quietly where whoever read what it shows has gone, and blames no job for it", {
  timeout: 90_000
}, async () => {
  const folder = new Folder().write("tasks.ts", tasks)
  await folder.run(["run", "tasks.ts#check", "-q", "--reports", "kept"], "5\n")
  const line = (words: string): string => `holdfast ${words} | true; echo "\${PIPESTATUS[@]}"`
  const replayed = await folder.shell(line("replay kept/*.json"))
  expect(replayed.stdout).toBe("141 0\n")
  expect(replayed.stderr).toMatch(/^holdfast: task "check", job .*, with input 5\n$/)
  const inspected = { stdout: "141 0\n", stderr: "" }
  expect(await folder.shell(line("inspect kept/*.json"))).toMatchObject(inspected)
  expect(await folder.shell(line("inspect kept"))).toMatchObject(inspected)
})

it("runs the job of a report again, also when its module has changed, and not when it is gone", {
  timeout: 90_000
}, async () => {
  const folder = new Folder().write("tasks.ts", tasks)
  await folder.run(["run", "tasks.ts#check", "-q"], "5\n")
  const report = join("holdfast-reports", readdirSync(join(folder.path, "holdfast-reports"))[0] ?? "none")
  const again = await folder.run(["replay", report])
  expect(again.code).toBe(1)
  expect(again.stdout).toContain("RangeError: five divides")
  // Mended, it is told to be another program than the one that failed.
  folder.write("tasks.ts", tasks.replace("n % 5 === 0", "n % 50 === 0"))
  const mended = await folder.run(["replay", report])
  expect(mended).toMatchObject({ code: 0 })
  expect(mended.stdout).toBe("5\n")
  expect(mended.stderr).toContain("has changed since")
  rmSync(join(folder.path, "tasks.ts"))
  const gone = await folder.run(["replay", report])
  expect(gone.code).toBe(2)
  expect(gone.stderr).toContain('the module of task "check" is gone')
})

it("keeps no reports where none are wanted, and puts them where they are", { timeout: 90_000 }, async () => {
  const folder = new Folder().write("tasks.ts", tasks)
  expect(await folder.run(["run", "tasks.ts#check", "-k", "--no-reports"], numbers(5))).toMatchObject({ code: 1 })
  expect(readdirSync(folder.path)).toEqual(["tasks.ts"])
  expect(await folder.run(["run", "tasks.ts#check", "-k", "--reports", "kept"], numbers(5))).toMatchObject({ code: 1 })
  expect(readdirSync(join(folder.path, "kept"))).toHaveLength(1)
})

it.each(["inline", "process", "thread"])(
  "runs it again, %s, with the same input, key and attempt, dates and maps included",
  { timeout: 90_000 },
  async (isolation) => {
    const folder = new Folder()
    const order = { id: 7, placed: new Date(Date.UTC(2024, 1, 29)), lines: new Map([["tea", 3]]) }
    const ran = await folder.run(["replay", await reportOf(folder, failsTwice, order), "--isolation", isolation])
    expect(ran.code).toBe(1)
    expect(ran.stdout).toContain("RangeError: order 7 of 2024 has a total of 3")
    if (isolation === "inline") expect(ran.stdout).toContain("attempt 1 of the-key at 0")
  }
)

it.each([
  ["what was bound", scaled.with({ factor: 4 }), [3], "Error: 3 times 4"],
  ["a chain's parts", chained, 8, "Error: refused 4"],
  ["an input that is stored beside", tooLong, new Uint8Array(2_000_000).fill(9), "Error: 2000000 bytes, the last is 9"]
] as const)("restores %s", { timeout: 90_000 }, async (_what, task, input, told) => {
  const folder = new Folder()
  const ran = await folder.run(["replay", await reportOf(folder, task, input)])
  expect(ran).toMatchObject({ code: 1 })
  expect(ran.stdout).toContain(told)
})

it("says what a crash did to the program, and tries it safely in a process", { timeout: 90_000 }, async () => {
  const folder = new Folder()
  const report = await reportOf(folder, exitsLoudly, 2)
  const inline = await folder.run(["replay", report])
  expect(inline.code).toBe(1)
  expect(inline.stderr).toContain("the job ended its program (exit code 2); with --isolation process")
  const safely = await folder.run(["replay", report, "--isolation", "process"])
  expect(safely.code).toBe(1)
  expect(safely.stdout).toContain("called process.exit(2)")
})

it("tells how often it fails", { timeout: 90_000 }, async () => {
  const folder = new Folder()
  const ran = await folder.run(["replay", await reportOf(folder, flaky, 1), "--times", "6"])
  expect(ran.code).toBe(1)
  expect(ran.stderr).toContain("failed 3 of 6 times")
})

it("waits for a debugger where it is asked to", { timeout: 90_000 }, async () => {
  const folder = new Folder()
  const report = await reportOf(folder, flaky, 1)
  const [node = "", ...words] = PROGRAM
  const child = spawn(node, [...words, "replay", report, "--inspect"], {
    cwd: folder.path,
    env: { ...process.env, NODE_OPTIONS: "--inspect-port=0" },
    stdio: ["ignore", "ignore", "pipe"],
    detached: true
  })
  const { pid } = child
  onTestFinished(() => {
    if (pid !== undefined && child.exitCode === null && child.signalCode === null) process.kill(-pid, "SIGKILL")
  })
  let stderr = ""
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text
  })
  await until(() => expect(stderr).toMatch(/Debugger listening on ws:/))
  expect(stderr).not.toContain("with input")
})

it.each([
  ["none.json", "none.json can't be read: there is no such file"],
  ["other.json", 'other.json is no report of a failure: it does not say "kind"'],
  ["broken.json", "broken.json is no report of a failure: it is not JSON"],
  ["newer.json", "newer.json is a report of version 99; this holdfast reads version 1"]
])("says why %s can't be shown or run", { timeout: 90_000 }, async (name, problem) => {
  const folder = new Folder().write("other.json", "{}").write("broken.json", "{")
  writeFileSync(join(folder.path, "newer.json"), '{"kind":"holdfast/failure-report","schemaVersion":99}')
  const ran = await folder.run(["replay", name])
  expect(ran).toMatchObject({ code: 2, stdout: "" })
  expect(ran.stderr).toContain(problem)
  if (name === "none.json") return
  expect((await folder.run(["inspect", name])).stderr).toContain(problem)
})

it("passes over a report that was cut or edited, shows the others, and says what is wrong with it", {
  timeout: 90_000
}, async () => {
  const folder = new Folder().write("tasks.ts", tasks)
  await folder.run(["run", "tasks.ts#check", "-k", "-j", "1"], "5\n10\n15\n20\n25\n")
  const names = readdirSync(join(folder.path, "holdfast-reports")).sort()
  const edit = (at: number, change: (report: Record<string, unknown>) => void): string => {
    const name = join("holdfast-reports", names[at] as string)
    const report = JSON.parse(folder.read(name))
    change(report)
    folder.write(name, JSON.stringify(report))
    return name
  }
  const edited = [
    edit(0, (report) => Object.assign(report, { error: {} })),
    edit(1, (report) => Object.assign(report, { lastLogs: { stdout: "none" } })),
    edit(2, (report) => Object.assign(report, { usage: [null] })),
    edit(3, (report) => delete (Reflect.get(report, "worker") as Record<string, unknown>).cwd)
  ]
  const problems = [
    "error.name is missing in it",
    "lastLogs.stdout is no list in it",
    "usage[0] is no record in it",
    "worker.cwd is missing in it"
  ]
  const causes = await folder.run(["inspect", "holdfast-reports"])
  expect(causes).toMatchObject({ code: 0, stdout: expect.stringMatching(/^1 failed attempt of 1 cause\n/) })
  for (const [at, name] of edited.entries()) {
    const said = `${name} is a report, but a broken one: ${problems[at]}\n`
    expect(causes.stderr).toContain(said)
    expect(await folder.run(["inspect", name])).toMatchObject({ code: 2, stdout: "", stderr: `holdfast: ${said}` })
  }
  expect(await folder.run(["replay", edited[3] as string])).toMatchObject({ code: 2, stdout: "" })
})

it("says that an input is not in the report", { timeout: 90_000 }, async () => {
  const folder = new Folder()
  const name = await reportOf(folder, flaky, 1)
  const report = JSON.parse(folder.read(name))
  report.input = { preview: "1", bySchema: false, notStored: "it takes 900 MB" }
  folder.write(name, JSON.stringify(report))
  const ran = await folder.run(["replay", name])
  expect(ran.code).toBe(2)
  expect(ran.stderr).toContain("its input is not in the report: it takes 900 MB")
})

it("tells its flags, and what was meant by a mistyped command", { timeout: 90_000 }, async () => {
  const folder = new Folder()
  expect((await folder.run(["replay", "--help"])).stdout).toContain("--times N")
  expect((await folder.run(["inspect", "--help"])).stdout).toContain("--json")
  expect((await folder.run(["replai", "x"])).stderr).toContain("did you mean replay?")
})
