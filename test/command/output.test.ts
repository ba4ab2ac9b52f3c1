/** Outputs that can't be written, fill up, have no reader, or are the input. */
import { expect, it } from "vitest"
import { Folder, numbers, task } from "./holdfast.ts"

it("refuses an output that is its own input, as a path and as stdout, and leaves it as it was", async () => {
  const folder = new Folder().write("items", numbers(3))
  const named = await folder.run(["run", task("square"), "-i", "items", "-o", "./items"])
  expect(named).toMatchObject({ code: 2 })
  expect(named.stderr).toContain('--output "./items" is the same file as --input "items": give it one of its own')
  const appended = await folder.shell(`holdfast run '${task("square")}' < items >> items`)
  expect(appended).toMatchObject({ code: 2 })
  expect(appended.stderr).toContain("stdout is the same file as stdin")
  const failures = await folder.run(["run", task("square"), "-i", "items", "--failures", "items"])
  expect(failures).toMatchObject({ code: 2 })
  expect(folder.read("items")).toBe(numbers(3))
})

it("refuses two outputs that are one file", async () => {
  const folder = new Folder().write("items", numbers(3))
  const args = ["run", task("square"), "-i", "items", "-o", "out", "--failures", "told.json"]
  const report = await folder.run([...args, "--report", "./told.json"])
  expect(report).toMatchObject({ code: 2 })
  expect(report.stderr).toContain('--report "./told.json" is the same file as --failures "told.json"')
  expect(await folder.run([...args, "--report", "out.json"])).toMatchObject({ code: 0 })
})

it("refuses an output that can't be opened", async () => {
  const folder = new Folder().write("items", numbers(3))
  const ran = await folder.run(["run", task("square"), "-i", "items", "-o", "no/such/folder"])
  expect(ran).toMatchObject({ code: 2 })
  expect(ran.stderr).toContain('holdfast: --output "no/such/folder" can\'t be written: no such file or directory')
})

it("ends with one message where the disk is full, as a file and as stdout", async () => {
  const folder = new Folder().write("items", numbers(50))
  const file = await folder.run(["run", task("square"), "-i", "items", "-o", "/dev/full"])
  expect(file).toMatchObject({ code: 1 })
  expect(file.stderr).toContain(
    '--output "/dev/full" can\'t be written any further: the disk is full (ENOSPC); it holds 0'
  )
  const stdout = await folder.shell(`holdfast run '${task("square")}' -i items > /dev/full`)
  expect(stdout).toMatchObject({ code: 1 })
  expect(stdout.stderr).toContain("stdout can't be written any further: the disk is full")
})

it("leaves no half of a line in a file that fills up, and says where to go on", async () => {
  const folder = new Folder().write("items", numbers(60_000))
  // In blocks of 1 KiB.
  const ran = await folder.shell(`ulimit -f 200; holdfast run '${task("square")}' -i items -o out`)
  expect(ran).toMatchObject({ code: 1 })
  const whole = folder.read("out")
  expect(whole.endsWith("\n")).toBe(true)
  const lines = whole.trimEnd().split("\n")
  expect(lines.every((line, at) => Number(line) === (at + 1) ** 2)).toBe(true)
  expect(whole.length).toBeGreaterThan(200_000)
  expect(ran.stderr).toContain(`it holds ${lines.length} whole lines`)
  const command = /go on at line (\d+): (.*)$/m.exec(ran.stderr)
  expect(Number(command?.[1])).toBe(lines.length + 1)
  // Once there is room again.
  expect(await folder.shell(command?.[2] as string)).toMatchObject({ code: 0 })
  const all = folder.read("out").trimEnd().split("\n")
  expect(all.map(Number)).toEqual(Array.from({ length: 60_000 }, (_, at) => (at + 1) ** 2))
})

it("takes no failure for done whose record could not be written", async () => {
  const folder = new Folder().write("items", "1\n-2\n3\n-4\n5\n")
  const args = `'${task("square")}' -i items -o out -k -j 1 --chunk-size 1 --no-reports --failures`
  const full = await folder.shell(`holdfast run ${args} /dev/full`)
  expect(full).toMatchObject({ code: 1 })
  expect(full.stderr).toContain("it holds 0 whole lines")
  expect(full.stderr).toContain("go on at line 2: ")
  expect(folder.read("out")).toBe("1\n")
  const again = await folder.shell(`holdfast run ${args} told --resume`)
  expect(again).toMatchObject({ code: 1 })
  expect(folder.read("out")).toBe("1\nnull\n9\nnull\n25\n")
  expect(folder.read("told").match(/^\{"line":\d+/gm)).toEqual(['{"line":2', '{"line":4'])
})

it("ends quietly where the reader of stdout has gone, as other tools do", async () => {
  const folder = new Folder().write("items", numbers(100_000))
  const ran = await folder.shell(`holdfast run '${task("square")}' -i items -q | head -n 1; echo "\${PIPESTATUS[@]}"`)
  expect(ran).toMatchObject({ stdout: "1\n141 0\n", stderr: "printed at import\n" })
})

it("waits for a slow reader without holding all results in memory, and loses none", async () => {
  const folder = new Folder().write("items", numbers(40_000))
  const line = `holdfast run '${task("square")}' -i items -q | (read first; read second; echo "$first $second"; wc -l)`
  expect((await folder.shell(line)).stdout).toBe("1 4\n39998\n")
})
