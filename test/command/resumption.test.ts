/** A run that has ended before its input: what it says of the rest, and the command that goes on with it. */
import { expect, it } from "vitest"
import { Folder, numbers, task } from "./holdfast.ts"

const module = "export const inverse = (n) => { if (n < 0) throw new Error('negative'); return process.env.SIGN + n }"

it("prints a command that goes on as it was begun, when pasted into a shell", async () => {
  const folder = new Folder().write("my tasks.mjs", module).write("items", "1\n-2\n3\n")
  const flags = '-j 1 --chunk-size 1 --env "SIGN=it\'s " --failures failed.jsonl --report run.svg --no-reports'
  const first = await folder.shell(`holdfast run 'my tasks.mjs#inverse' --input items ${flags} > out.jsonl`)
  expect(first.code).toBe(1)
  const command = /go on at line 2: (.*)$/m.exec(first.stderr)?.[1]
  expect(command).toBe(
    "tail -n +2 items | holdfast run 'my tasks.mjs#inverse' -j 1 --chunk-size 1 --env 'SIGN=it'\\''s ' " +
      "--failures failed-from-2.jsonl --report run-from-2.svg --no-reports --first-line 2"
  )
  folder.write("items", "1\n2\n3\n")
  expect(await folder.shell(`${command} >> out.jsonl`)).toMatchObject({ code: 0 })
  expect(folder.read("out.jsonl")).toBe('"it\'s 1"\n"it\'s 2"\n"it\'s 3"\n')
  // What the first one had written is still there.
  expect(JSON.parse(folder.read("failed.jsonl"))).toMatchObject({ line: 2 })
  expect(folder.read("failed-from-2.jsonl")).toBe("")
})

it("goes on with the numbers that the lines have in the file, also when it ends early once more", async () => {
  const folder = new Folder().write("my tasks.mjs", module).write("items", "\n1\n-2\n3\n-4\n")
  const flags = "--tag -j 1 --chunk-size 1 --no-reports --env SIGN=x"
  const first = await folder.shell(`holdfast run 'my tasks.mjs#inverse' -i items ${flags} > out.jsonl`)
  const command = /go on at line 3: (.*)$/m.exec(first.stderr)?.[1] as string
  folder.write("items", "\n1\n2\n3\n-4\n")
  const second = await folder.shell(`${command} >> out.jsonl`)
  expect(second.stderr).toMatch(/^holdfast: line 5 failed: .*of line 5/)
  expect(second.stderr).toMatch(/go on at line 5$/m)
  expect(folder.read("out.jsonl").match(/(?<="line":)\d+/g)).toEqual(["2", "3", "4"])
})

it("takes the numbers of a file whose first line has another", async () => {
  const folder = new Folder().write("my tasks.mjs", module).write("rest", "\uFEFF-2\n3\n")
  const args = ["run", "my tasks.mjs#inverse", "-i", "rest", "--first-line=11", "-j", "1", "--chunk-size", "1"]
  const ran = await folder.run(args)
  expect(ran.stderr).toContain("line 11 failed")
  expect(ran.stderr).toMatch(/go on at line 11: tail -n \+1 rest \| holdfast run .* --first-line 11$/m)
  const full = await folder.run([...args, "-k", "-o", "/dev/full"])
  expect(full.stderr).toMatch(/go on at line 11: tail -n \+1 rest /)
})

it("speaks of lines that were not run only where there are some", async () => {
  const folder = new Folder().write("broken", "{bad\n").write("more", `{bad\n${numbers(3)}`)
  const ofFile = await folder.run(["run", task("square"), "-i", "broken"])
  expect(ofFile.stderr).toContain("stopped by the first failure\n")
  expect(ofFile.stderr).not.toContain("was not run")
  const more = await folder.run(["run", task("square"), "-i", "more"])
  expect(more.stderr).toContain("line 2 and what follows was not run\n")
  // A pipe's end shows only when it is read on.
  const running = folder.start(["run", task("square")])
  running.child.stdin?.write("{bad\n")
  const piped = await running.ended
  expect(piped.stderr).toContain("what may follow line 1 was not run\n")
  expect(piped.stderr).toContain("go on at line 1\n")
})

it("prints no command where the input can't be read once more, and leaves what it names of its own process", async () => {
  const folder = new Folder().write("my tasks.mjs", module).write("items", "1\n-2\n3\n")
  const run = "holdfast run 'my tasks.mjs#inverse' -j 1 --chunk-size 1 --no-reports --env SIGN=x"
  for (const input of ["-i <(cat items)", "-i /dev/stdin < items"]) {
    const { stderr } = await folder.shell(`${run} ${input}`)
    expect(stderr, input).toMatch(/^holdfast: go on at line 2$/m)
  }
  const flags = "--env SIGN=x -i items -o /dev/stdout --failures /dev/stderr --no-reports --"
  // Through pipes of the shell: those of this test are sockets, which can't be opened by a name.
  const first = await folder.shell(`holdfast run -j 1 --chunk-size 1 ${flags} 'my tasks.mjs#inverse' 2>&1 | cat`)
  const command = /go on at line 2: (.*)$/m.exec(first.stdout)?.[1] as string
  expect(command).toBe(
    "tail -n +2 items | holdfast run -j 1 --chunk-size 1 --env SIGN=x -o /dev/stdout --failures /dev/stderr --no-reports " +
      "--first-line 2 -- 'my tasks.mjs#inverse'"
  )
  folder.write("items", "1\n2\n3\n")
  expect((await folder.shell(`{ ${command}; } 2>&1 | cat`)).stdout).toMatch(/^"x2"\n"x3"\nholdfast: 2 succeeded/)
})
