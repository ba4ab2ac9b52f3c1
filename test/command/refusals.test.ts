/** Command lines that can't be carried out: one clear message on stderr, exit code 2, and nothing is run. */
import { readdirSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { Folder, fixture, task } from "./holdfast.ts"

const tasks = fixture("tasks.ts")

const refusals: ReadonlyArray<readonly [what: string, args: ReadonlyArray<string>, says: string]> = [
  ["a mistyped flag", ["run", task("square"), "--worker", "2"], "there is no flag --worker: did you mean --workers?"],
  [
    "a flag by its option's name",
    ["run", task("square"), "--retry", "2"],
    "there is no flag --retry: did you mean --retries?"
  ],
  ["a flag that means nothing here", ["run", task("square"), "--xyzzy"], "there is no flag --xyzzy\n"],
  ["a dump", ["dump", "4711"], "there is no command dump: kill -USR2 PID has"],
  ["a mistyped command", ["rnu"], 'there is no command "rnu": did you mean run?'],
  ["a missing task", ["run"], "the argument <task> is missing"],
  ["a flag without its value", ["run", task("square"), "--workers"], "--workers needs a value"],
  ["no number", ["run", task("square"), "-j", "many"], '--workers "many": expected a whole number from 1 to 1024'],
  ["a negative number", ["run", task("square"), "--retries", "-1"], "expected a whole number from 0"],
  ["a duration without a unit", ["run", task("square"), "--timeout", "30"], '--timeout "30": expected a duration'],
  ["no size", ["run", task("square"), "--max-memory", "lots"], "512M"],
  ["an unknown halt", ["run", task("square"), "--halt", "later"], "soon,fail=3"],
  [
    "an unknown isolation",
    ["run", task("square"), "--isolation", "tread"],
    '--isolation "tread": expected "process" |'
  ],
  [
    "a flag that is given twice",
    ["run", task("square"), "-j", "2", "-j", "3"],
    "--workers is given 2 times: give it once"
  ],
  ["no variable", ["run", task("square"), "--env", "A"], '--env "A": expected NAME=VALUE'],
  [
    "to run all and to end early",
    ["run", task("square"), "-k", "--halt", "soon,fail=3"],
    "--keep-going runs all inputs, and --halt ends the run before: give one of them"
  ],
  [
    "reports that are to be kept and not to be kept",
    ["run", task("square"), "--no-reports", "--reports", "kept"],
    "--no-reports keeps no reports, and --reports says where they are kept: give one of them"
  ],
  [
    "failures among the results",
    ["run", task("square"), "-k", "--failures", "-"],
    "--failures needs a FILE, received -: standard output has the results. Without it failures stand on stderr"
  ],
  [
    "failures in the file of the results",
    ["run", task("square"), "-k", "-o", "out.jsonl", "--failures", "./out.jsonl"],
    '--failures "./out.jsonl" is the same file as --output: give it one of its own'
  ],
  ["less and more to be told", ["run", task("square"), "-q", "--verbose"], "give one of them"],
  [
    "a debugger for a job in a worker",
    ["replay", "report.json", "--inspect", "--isolation", "process"],
    "--inspect stops in this program, and with --isolation process the job runs in a worker"
  ],
  ["a missing directory", ["run", task("square"), "--cwd", "/no/where"], "--cwd: expected"],
  ["a task that is not exported", ["run", task("sqare")], 'has no export "sqare": did you mean square? It exports'],
  ["a task that is nothing like any", ["run", task("thumbnails")], 'has no export "thumbnails": it exports'],
  ["an export that is no task", ["run", task("number")], "#number is no task and no function"],
  ["two tasks of one name", ["run", task("twins1")], 'two tasks of one name: "twins1" and "twins2"'],
  ["a task under another name", ["run", task("misnamed")], "its second argument must equal the export's name"],
  ["no name where there are many", ["run", tasks], "which task of"],
  ["an empty name", ["run", `${tasks}#`], "names no task behind its #"],
  ["no module", ["run", "#square"], "names no module"],
  ["a task of a variable that is not set", ["run", ""], "<task> needs a value: module.ts#name"],
  [
    "a task apart from its module",
    ["run", tasks, "square"],
    'no place for "square"; one task is run, named as in tasks.ts#square'
  ],
  [
    "a file without its flag",
    ["run", task("square"), tasks],
    `no place for "${tasks}"; inputs are read from --input ${tasks}, or`
  ],
  ["one report too many", ["inspect", "a.json", "b.json"], 'there is no place for "b.json"\n'],
  [
    "a flag that Node does not know",
    ["run", task("square"), "--node-arg=--bogus"],
    "--node-arg: Node refuses --bogus: bad option: --bogus\n"
  ],
  [
    "a value that Node does not take",
    ["run", task("square"), "--node-arg=--stack-size=abc"],
    "abc: Error: illegal value for flag --stack-size=abc of type int\n"
  ],
  ["an import of such a variable", ["run", task("square"), "--import", ""], "--import needs a value: MODULE"],
  ["a preload of such a variable", ["run", task("square"), "--preload", ""], "--preload needs a value: MODULE"],
  ["a report of such a variable to inspect", ["inspect", ""], "<report|dir> needs a value: the path of a report"],
  ["a report of such a variable to replay", ["replay", ""], "<report> needs a value: the path of a report"],
  ["a missing module", ["run", `${fixture("task.ts")}#square`], "did you mean tasks.ts?"],
  ["a missing package", ["run", "no-such-package#square"], "no package no-such-package"],
  ["a directory as module", ["run", `${fixture("")}#square`], "is a directory"],
  [
    "an unknown context",
    ["run", task("tripled"), "--context", "modal"],
    "exports no Task.context by that name; it exports model"
  ]
]

describe("is refused with exit code 2", () => {
  it.each(refusals)("%s", async (_what, args, says) => {
    const folder = new Folder()
    const ran = await folder.run(args, "1\n")
    expect(ran.stderr).toContain(says)
    expect(readdirSync(folder.path)).toEqual([])
    expect(ran.stderr.replace("printed at import\n", "")).toMatch(/^holdfast: /)
    expect(ran.stderr).not.toMatch(/^ {4}at /m)
    expect(ran).toMatchObject({ code: 2, stdout: "" })
  })
})

it("takes flags that say the same twice", async () => {
  const ran = await new Folder().run(["run", task("square"), "-k", "--halt", "never", "-q"], "1\n")
  expect(ran).toMatchObject({ code: 0, stdout: "1\n" })
})

it("tells what a module throws at its import, and one that ends the program or never comes to an end", async () => {
  const folder = new Folder()
    .write("throws.mjs", 'throw new Error("no licence")')
    .write("exits.mjs", "process.exit(0)")
    .write("waits.mjs", "await new Promise(() => {})")
    .write("broken.mjs", "export const x = (")
  const thrown = await folder.run(["run", "throws.mjs#x"])
  expect(thrown).toMatchObject({ code: 2, stdout: "" })
  // Its own frames, and none of the command that imports it.
  expect(thrown.stderr).toMatch(
    /^holdfast: throws\.mjs could not be imported: Error: no licence\n {4}at \S+throws\.mjs:1:7\n$/
  )
  const exited = await folder.run(["run", "exits.mjs#x"])
  const words = "holdfast: importing exits.mjs ended the program (exit code 0)\n"
  expect(exited).toEqual({ ...exited, code: 2, stdout: "", stderr: words })
  const waited = await folder.run(["run", "waits.mjs#x"])
  const why = "it awaits what nothing is left to bring about"
  const late = `holdfast: importing waits.mjs never came to its end: ${why}\n`
  expect(waited).toEqual({ ...waited, code: 2, stdout: "", stderr: late })
  const broken = (await folder.run(["run", "broken.mjs#x"])).stderr
  expect(broken).toMatch(/broken\.mjs could not be imported: file:\S+broken\.mjs:1\n.*\n *\^\n\nSyntaxError: .*\n$/)
})

it("tells why a module threw at its import, and what it threw that is no error", async () => {
  const folder = new Folder()
    .write("caused.mjs", 'throw new Error("no configuration", { cause: new RangeError("port 99999") })')
    .write("cyclic.mjs", 'const error = new Error("round"); error.cause = error; throw error')
    .write("object.mjs", 'throw { code: "E_LICENCE" }')
    .write("any.mjs", 'await Promise.any([Promise.reject(new Error("first")), Promise.reject("second")])')
  const { stderr } = await folder.run(["run", "caused.mjs#x"])
  expect(stderr).toMatch(/: Error: no configuration\n {4}at .*\ncaused by: RangeError: port 99999\n {4}at \S+\n$/)
  expect((await folder.run(["run", "cyclic.mjs#x"])).stderr).toMatch(
    /^holdfast: cyclic\.mjs could not be imported: Error: round/
  )
  expect((await folder.run(["run", "any.mjs#x"])).stderr).toMatch(
    /: AggregateError: .*\nerror 1 of 2: Error: first\n {4}at \S+\nerror 2 of 2: 'second'\n$/
  )
  const thrown = await folder.run(["run", "object.mjs#x"])
  expect(thrown).toMatchObject({
    code: 2,
    stderr: "holdfast: object.mjs could not be imported: { code: 'E_LICENCE' }\n"
  })
})

it("tells what a module threw at its import that can't be read as an error, and no secrets of what it threw", async () => {
  const causing = 'const error = new Error("odd"); Object.defineProperty(error, "cause",'
  const folder = new Folder()
    .write("stackless.mjs", 'throw Object.assign(new Error("no stack"), { stack: 5 })')
    .write("causing.mjs", `${causing} { get: () => { throw new Error("none") } }); throw error`)
    .write(
      "inspecting.mjs",
      'throw { [Symbol.for("nodejs.util.inspect.custom")]() { throw new Error("own") }, code: 7 }'
    )
    .write("secret.mjs", 'throw new Error("refused", { cause: { user: "me", apiKey: "hunter2" } })')
  const told = async (name: string): Promise<string> => (await folder.run(["run", `${name}.mjs#x`])).stderr
  expect(await told("stackless")).toBe("holdfast: stackless.mjs could not be imported: no stack\n")
  expect(await told("causing")).toMatch(/^holdfast: causing\.mjs could not be imported: Error: odd\n {4}at \S+\n$/)
  expect(await told("inspecting")).toMatch(/^holdfast: inspecting\.mjs could not be imported: \{ code: 7.* \}\n$/)
  expect(await told("secret")).toMatch(/: Error: refused\n.*\ncaused by: \{ user: 'me', apiKey: \[masked\] \}\n$/)
})
