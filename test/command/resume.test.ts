/** `--resume`: a run that goes on where an earlier one has ended, by what stands in the output. */
import { rmSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { Folder, numbers, until } from "./holdfast.ts"

/** Prints which inputs it is given; -n fails once, as a file says. */
const module = `
import { appendFileSync, existsSync } from "node:fs"
export const work = async (n) => {
  appendFileSync("ran", n + " ")
  if (n === 7 && existsSync("hold")) await new Promise(() => setInterval(() => {}, 1000))
  if (n < 0 && !existsSync("mended")) throw new Error("negative")
  return n * 10
}
`
const folderOf = (input: string): Folder => new Folder().write("t.mjs", module).write("items", input)
const RUN = ["run", "t.mjs", "-i", "items", "-o", "out", "--no-reports", "-j", "1", "--chunk-size", "1"]
const ran = (folder: Folder): Array<string> => folder.read("ran").trim().split(" ")

describe("holdfast run --resume", () => {
  it("goes on behind a SIGKILL: each result is there once, in order, and nothing that was written is run again", async () => {
    const folder = folderOf(`1\n2\n\n${numbers(10).replace(/^(1|2)\n/gm, "")}`).write("hold", "")
    const first = folder.start([...RUN, "--resume"])
    await until(() => expect(folder.read("out").split("\n")).toHaveLength(7))
    first.child.kill("SIGKILL")
    await first.ended
    rmSync(join(folder.path, "hold"))
    const before = ran(folder).length
    // What a machine that went down may leave.
    folder.write("out", `${folder.read("out")}7`)
    const second = await folder.run([...RUN, "--resume"])
    expect(second).toMatchObject({ code: 0, stderr: expect.stringContaining('6 results are in "out" already\n') })
    expect(second.stderr).toContain("4 succeeded, 0 failed")
    expect(folder.read("out")).toBe("10\n20\n30\n40\n50\n60\n70\n80\n90\n100\n")
    expect(ran(folder).slice(before)).toEqual(["7", "8", "9", "10"])
    const third = await folder.run([...RUN, "--resume"])
    expect(third).toMatchObject({ code: 0, stderr: expect.stringContaining("0 succeeded, 0 failed") })
    expect(folder.read("out").split("\n")).toHaveLength(11)
  })

  it("runs all where there is no output yet", async () => {
    const folder = folderOf(numbers(3))
    expect(await folder.run([...RUN, "--resume"])).toMatchObject({ code: 0 })
    expect(folder.read("out")).toBe("10\n20\n30\n")
  })

  it("with --tag runs what has no result, what has failed too, and adds to --failures", async () => {
    const folder = folderOf("1\n-2\n3\n-4\n5\n").write("failed", '{"torn')
    const args = [...RUN, "--tag", "--unordered", "-k", "--failures", "failed", "--resume"]
    expect(await folder.run(args)).toMatchObject({ code: 1 })
    folder.write("mended", "").write("ran", "")
    expect(await folder.run(args)).toMatchObject({ code: 0 })
    expect(ran(folder)).toEqual(["-2", "-4"])
    expect(folder.read("out").trim().split("\n").sort()).toEqual(
      [10, -20, 30, -40, 50].map((value, at) => `{"line":${at + 1},"value":${value}}`)
    )
    expect(folder.read("failed").trim().split("\n")).toHaveLength(2)
  })

  it("reads the numbers of plain text, beyond what it reads at once, and those of --first-line", async () => {
    const count = 200_000
    const folder = folderOf("100001\n100002\n")
    const lines = Array.from({ length: count }, (_, at) => `${at + 1}\t${"x".repeat(at % 50)}\n`)
    folder.write("out", lines.filter((_, at) => at !== 100_000).join(""))
    const args = [...RUN, "--lines", "--tag", "--first-line", "100001", "--resume"]
    expect(await folder.run(args)).toMatchObject({ code: 0 })
    expect(ran(folder)).toEqual(["100001"])
    expect(folder.read("out").endsWith("100001\t1000010\n")).toBe(true)
  })

  it("fails a result of several lines, which would be counted as several", async () => {
    const folder = folderOf("1\n2\n")
    folder.write("t.mjs", `export const work = (text) => (text === "1" ? "a\\nb" : text)`)
    const { code, stderr } = await folder.run([...RUN, "--lines", "-k", "--resume"])
    expect(code).toBe(1)
    expect(stderr).toContain("line 1 failed: its result has a line break, and with --resume each result is one line")
    expect(folder.read("out")).toBe("\n2\n")
  })

  it("is the command that a run names which ended early", async () => {
    const folder = folderOf("1\n-2\n3\n")
    const first = await folder.run([...RUN, "--report", "run.svg"])
    const command = /go on at line 2: (.*)$/m.exec(first.stderr)?.[1] as string
    expect(command).toBe(`holdfast ${RUN.join(" ")} --report run-from-2.svg --resume`)
    folder.write("mended", "")
    expect(await folder.shell(command)).toMatchObject({ code: 0 })
    expect(folder.read("out")).toBe("10\n-20\n30\n")
  })

  it("runs what waited when no worker could be started any more: it leaves no place that looks done", async () => {
    const folder = folderOf(numbers(6))
    folder.write("gate.mjs", `import { existsSync } from "node:fs"\nif (existsSync("shut")) throw new Error("shut")`)
    folder.write(
      "t.mjs",
      `import { writeFileSync } from "node:fs"
      export const work = (n) => {
        if (n === 3) process.exit(writeFileSync("shut", ""))
        return n * 10
      }`
    )
    const args = [...RUN, "--preload", "./gate.mjs", "-k", "--resume"]
    const first = await folder.run(args)
    expect(first).toMatchObject({ code: 1, stdout: "" })
    expect(first.stderr).toMatch(
      /no worker could be started in 6 tries: preloading \S+gate\.mjs failed: shut\n[\s\S]* at .*gate\.mjs:2:/
    )
    expect(first.stderr).toMatch(/2 succeeded, 1 failed[,\d a-z]* in /)
    expect(first.stderr).toContain(`go on at line 4: holdfast ${args.join(" ")}\n`)
    expect(first.stderr).not.toMatch(/execute|line 4 failed/)
    expect(folder.read("out")).toBe("10\n20\nnull\n")
    rmSync(join(folder.path, "shut"))
    expect(await folder.run(args)).toMatchObject({ code: 0 })
    expect(folder.read("out")).toBe("10\n20\nnull\n40\n50\n60\n")
  })

  it("refuses to write what another run is writing, and has it once that has ended, whatever ended it", async () => {
    const folder = folderOf(numbers(8)).write("hold", "")
    const first = folder.start([...RUN, "--resume"])
    await until(() => expect(folder.read("out").split("\n")).toHaveLength(7))
    for (const flags of [["--resume"], []]) {
      const second = await folder.run([...RUN, ...flags])
      expect(second).toMatchObject({ code: 2 })
      expect(second.stderr).toContain('--output "out" is being written by another run: wait for its end')
    }
    expect(folder.read("out")).toBe("10\n20\n30\n40\n50\n60\n")
    first.child.kill("SIGKILL")
    await first.ended
    rmSync(join(folder.path, "hold"))
    expect(await folder.run([...RUN, "--resume"])).toMatchObject({ code: 0 })
    expect(folder.read("out")).toBe("10\n20\n30\n40\n50\n60\n70\n80\n")
  })

  it("refuses what can't tell which lines are done, and touches nothing", async () => {
    const folder = folderOf("1\n2\n3").write("out", "10\n20\n30\n40\nha")
    const refused = async (...flags: Array<string>): Promise<string> => {
      const { code, stderr } = await folder.run(["run", "t.mjs", "--resume", ...flags])
      expect(code).toBe(2)
      return stderr
    }
    expect(await refused()).toContain("--resume needs --output FILE")
    expect(await refused("-o", "out", "--unordered")).toContain("write them with --tag")
    expect(await refused("-o", "/dev/null")).toContain("is no regular file")
    expect(await refused("-o", "out", "--tag")).toContain(
      '--output "out" can\'t be gone on with: its line 1 has no line'
    )
    expect(await refused("-i", "items", "-o", "items")).toContain("is the same file as")
    folder.write("edited", "10\n20\n\r\n30\n")
    expect(await refused("-o", "edited")).toContain("its line 3 is empty, which no result is: take it out")
    expect(folder.read("items")).toBe("1\n2\n3")
    expect(folder.read("out")).toBe("10\n20\n30\n40\nha")
    expect(await refused("-i", "items", "-o", "out")).toContain('holds 4 results, and --input "items" has but 3')
    expect(folder.read("out")).toBe("10\n20\n30\n40\n")
  })
})
