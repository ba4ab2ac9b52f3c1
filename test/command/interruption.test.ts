/** Ctrl-C, SIGTERM and a terminal: what was begun is finished, what was not is told, nothing is left behind. */
import { execFileSync, spawnSync } from "node:child_process"
import { closeSync, constants, existsSync, openSync, read, writeSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { promisify } from "node:util"
import { expect, it, onTestFinished } from "vitest"
import { Folder, numbers, PROGRAM, type Running, task, until } from "./holdfast.ts"

/** The jobs that have begun. */
const begun = (folder: Folder): string => (existsSync(join(folder.path, "notes")) ? folder.read("notes") : "")

/** A run of two workers, both of which are in a job that waits for a gate. */
const busy = async (folder: Folder): Promise<Running> => {
  folder.write("items", numbers(50))
  const running = folder.start(["run", task("noted"), "-i", "items", "-j", "2"], "")
  await until(() => expect(begun(folder)).toHaveLength(4))
  return running
}

it.each([
  ["SIGINT", "Ctrl-C", 130],
  ["SIGTERM", "SIGTERM", 143]
] as const)(
  "at %s takes in no more, finishes what runs, writes it and says where to go on",
  async (signal, name, code) => {
    const folder = new Folder()
    const running = await busy(folder)
    running.child.kill(signal)
    const words = `${name}: finishing the 2 jobs taken in; once more ends at once`
    await until(() => expect(running.printed.stderr).toContain(words))
    folder.write("gate", "")
    const ran = await running.ended
    expect(ran).toMatchObject({ code, stdout: "1\n2\n" })
    expect(ran.stderr).toContain("2 succeeded, 0 failed")
    expect(ran.stderr).toContain("line 3 and what follows was not run")
    expect(ran.stderr).toContain(
      `go on at line 3: tail -n +3 items | holdfast run ${task("noted")} -j 2 --first-line 3\n`
    )
    expect(begun(folder)).toHaveLength(4)
  }
)

it("ends at once at the second Ctrl-C, and names the lines that were not finished", async () => {
  const folder = new Folder()
  const running = await busy(folder)
  running.child.kill("SIGINT")
  await until(() => expect(running.printed.stderr).toContain("once more ends at once"))
  running.child.kill("SIGINT")
  const ran = await running.ended
  expect(ran).toMatchObject({ code: 130, stdout: "" })
  expect(ran.stderr).toContain("not finished: lines 1 and 2")
  expect(ran.stderr).toContain("go on at line 1")
})

it("ends at Ctrl-C while it waits for stdin", async () => {
  const running = new Folder().start(["run", task("square")])
  running.child.stdin?.write("3\n")
  await until(() => expect(running.printed.stdout).toBe("9\n"))
  running.child.kill("SIGINT")
  expect(await running.ended).toMatchObject({ code: 130, stdout: "9\n" })
})

/** A named pipe that has a reader and a writer, neither of which does anything until the test has it do so. */
const namedPipe = (folder: Folder, name: string): number => {
  execFileSync("mkfifo", [join(folder.path, name)])
  const descriptor = openSync(join(folder.path, name), constants.O_RDWR)
  onTestFinished(() => closeSync(descriptor))
  return descriptor
}

it("ends at Ctrl-C while it waits for a named pipe that says nothing", async () => {
  const folder = new Folder()
  const pipe = namedPipe(folder, "items")
  const running = folder.start(["run", task("square"), "-i", "items"])
  writeSync(pipe, "3\n")
  await until(() => expect(running.printed.stdout).toBe("9\n"))
  running.child.kill("SIGINT")
  expect(await running.ended).toMatchObject({ code: 130, stdout: "9\n" })
})

it("ends at the second Ctrl-C though a named pipe takes none of its output", async () => {
  const folder = new Folder().write("items", `"${"x".repeat(500_000)}"\n`)
  const pipe = namedPipe(folder, "out")
  const running = folder.start(["run", task("echo"), "-i", "items", "-o", "out"])
  // It has begun to write what is more than a pipe holds.
  await promisify(read)(pipe, Buffer.alloc(1), 0, 1, null)
  running.child.kill("SIGINT")
  await until(() => expect(running.printed.stderr).toContain("once more ends at once"))
  running.child.kill("SIGINT")
  expect(await running.ended).toMatchObject({ code: 130 })
})

const tmux = (folder: Folder, ...args: ReadonlyArray<string>): string =>
  execFileSync("tmux", ["-S", join(folder.path, "tmux"), "-f", "/dev/null", ...args], {
    encoding: "utf8",
    timeout: 10_000
  })

/** Runs a command line on a terminal of its own, whose Ctrl-C reaches the whole foreground group. */
const onTerminal = (folder: Folder, args: ReadonlyArray<string>): void => {
  const line = [...PROGRAM, ...args].map((word) => `'${word}'`).join(" ")
  // The pane stays until the test has read it.
  const script = `${line}; echo $? > code; while test -e code; do sleep 0.1; done`
  tmux(
    folder,
    "new-session",
    "-d",
    "-x",
    "150",
    "-y",
    "40",
    "-c",
    folder.path,
    `bash -c "${script.replaceAll('"', '\\"').replaceAll("$", "\\$")}"`
  )
  onTestFinished(() => {
    tmux(folder, "kill-server")
  })
}

const hasTmux = spawnSync("tmux", ["-V"]).status === 0
const onlyWithTmux = hasTmux ? "" : " (left out: there is no tmux on this machine)"
const TERMINAL =
  "shows a bar on a terminal, with failures above it, and leaves its workers to finish at the terminal's Ctrl-C"

it.skipIf(!hasTmux)(`${TERMINAL}${onlyWithTmux}`, async () => {
  const folder = new Folder().write("items", `-1\n${numbers(50)}`)
  onTerminal(folder, ["run", task("noted"), "--bar", "-k", "-i", "items", "-o", "out", "-j", "2"])
  const screen = (): string => tmux(folder, "capture-pane", "-p", "-S", "-100")
  await until(() => expect(begun(folder)).toHaveLength(4))
  await until(() => expect(screen()).toMatch(/^noted .*\d\/~?\d.* busy/m))
  tmux(folder, "send-keys", "C-c")
  const words = /^holdfast: Ctrl-C: finishing the [23] jobs taken in; once more ends at once$/m
  await until(() => expect(screen()).toMatch(words))
  folder.write("gate", "")
  await until(() => expect(screen()).toMatch(/go on at line [45]:/))
  const shown = screen()
  expect(shown).toMatch(/^holdfast: line 1 failed: .*\n(.*\n)*? {2}input: -1$/m)
  expect(shown).toMatch(words)
  // A job may have been handed out in the place of the one that failed at once.
  expect(folder.read("out")).toMatch(/^null\n1\n2\n(3\n)?$/)
  await until(() => expect(folder.read("code")).toBe("130\n"))
})

it.skipIf(!hasTmux)(`writes results to a terminal above the bar${onlyWithTmux}`, async () => {
  const folder = new Folder().write("items", numbers(2))
  onTerminal(folder, ["run", task("noted"), "--bar", "-i", "items", "-j", "2"])
  const screen = (): string => tmux(folder, "capture-pane", "-p")
  await until(() => expect(screen()).toMatch(/^noted .* busy/m))
  folder.write("gate", "")
  await until(() => expect(folder.read("code")).toBe("0\n"))
  const lines = screen().split("\n")
  expect(lines).toEqual(expect.arrayContaining(["1", "2", expect.stringMatching(/^noted: 2 done/)]))
  expect(lines).toContainEqual(expect.stringMatching(/^holdfast: 2 succeeded/))
})

it.each(["process", "thread"])(
  "takes no job in a %s for silent that was stopped with its program, as by Ctrl-Z",
  async (isolation) => {
    const folder = new Folder().write("items", "1\n")
    const limits = ["--heartbeat-timeout", "1s", "--isolation", isolation, "-j", "1"]
    const { child, ended } = folder.start(["run", task("beats"), "-i", "items", ...limits])
    await until(() => expect(begun(folder)).toBe("1\n"))
    for (let time = 0; time < 2; time++) {
      await sleep(300)
      child.kill("SIGSTOP")
      await sleep(1500)
      child.kill("SIGCONT")
    }
    await sleep(300)
    folder.write("gate", "")
    expect(await ended).toMatchObject({ code: 0, stdout: "1\n" })
  }
)
