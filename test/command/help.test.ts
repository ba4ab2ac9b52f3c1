/** What the command says of itself, and how little it loads for that. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "vitest"
import { Folder, PROGRAM, start, task } from "./holdfast.ts"

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../../packages/holdfast/package.json"), "utf8"))

it("tells its commands, their exit codes and examples by --help", async () => {
  const ran = await new Folder().run(["--help"])
  expect(ran).toMatchObject({ code: 0, stderr: "" })
  for (const part of ["holdfast run tasks.ts#", "Exit code: 0", "--version", "--completions", "kill -USR2 PID"])
    expect(ran.stdout).toContain(part)
})

it("tells every flag of run, with examples", async () => {
  const ran = await new Folder().run(["run", "--help"])
  expect(ran).toMatchObject({ code: 0, stderr: "" })
  const flags =
    "input output lines first-line unordered tag keep-going halt failures workers concurrency isolation timeout heartbeat-timeout retries chunk-size max-memory max-jobs-per-worker cwd env import node-arg preload context bar quiet verbose"
  for (const flag of flags.split(" ")) expect(ran.stdout).toMatch(new RegExp(`^  --${flag}\\b.*\\S`, "m"))
  expect(ran.stdout).toContain("EXAMPLES")
  expect(ran.stdout).toContain("kill -USR2 PID")
  expect(ran.stdout).toContain("tail -n +501")
})

it("tells its version and what shells need to complete its flags", async () => {
  const folder = new Folder()
  expect((await folder.run(["--version"])).stdout.trim()).toMatch(new RegExp(`${version.replaceAll(".", "\\.")}$`))
  const completions = await folder.shell("source <(holdfast --completions bash); complete -p holdfast")
  expect(completions.stdout).toContain("holdfast")
})

it("loads no supervisor to show its help, and nothing of the command in a worker", async () => {
  const folder = new Folder().write(
    "tell.mjs",
    `import { registerHooks } from "node:module"
      const seen = []
      registerHooks({ load: (url, context, next) => (seen.push(url), next(url, context)) })
      process.on("exit", () => seen.length > 0 && process.stderr.write(seen.map((url) => "loaded " + url + "\\n").join("")))`
  )
  const [node = "", ...words] = PROGRAM
  const help = await start([node, "--import=./tell.mjs", ...words, "run", "--help"], "", folder.path).ended
  expect(help.stderr).toContain("/command/run/command.ts")
  expect(help.stderr).not.toContain("packages/supervisor/")
  expect(help.stderr).not.toContain("/command/run/execute.ts")
  folder.write(
    "modules.mjs",
    "import { registerHooks } from 'node:module'\nglobalThis.seen = []\nregisterHooks({ load: (url, context, next) => (globalThis.seen.push(url), next(url, context)) })"
  )
  folder.write("task.mjs", "export const seen = () => globalThis.seen")
  const ran = await folder.run(["run", "task.mjs", `--node-arg=--import=${join(folder.path, "modules.mjs")}`], "0\n")
  const seen = JSON.parse(ran.stdout) as Array<string>
  expect(seen.some((url) => url.endsWith("/task.mjs"))).toBe(true)
  expect(seen.filter((url) => /packages\/holdfast\/|\/effect\//.test(url))).toEqual([])
})

it("shows nothing of a bar where stderr is no terminal but lines", async () => {
  const ran = await new Folder().run(["run", task("square"), "--bar"], "1\n2\n")
  expect(ran).toMatchObject({ code: 0, stdout: "1\n4\n" })
  expect(ran.stderr).not.toContain("\u001B")
  expect(ran.stderr).toContain("square")
})
