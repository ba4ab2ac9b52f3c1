/** A module that can't be parsed or linked has no frame of its own, and may not be the one that was asked for. */
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { createPool, Task } from "holdfast"
import { describe, expect, it, onTestFinished } from "vitest"
import { failureOf } from "./places.ts"

interface Work {
  readonly work: (n: number) => number
}

/** The folder of these files. */
const written = (files: Readonly<Record<string, string>>): string => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "holdfast-unparsable-")))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

const work = "export const work = (n: number): number => n\n"

describe.each(["process", "thread"] as const)("on a %s", (isolation) => {
  it.each([
    ["can't be parsed", { "task.ts": `${work}const broken = ((\n` }, "task.ts:2"],
    [
      "imports one that can't be",
      { "task.ts": `import "./deep.ts"\n${work}`, "deep.ts": "\n\nlet = = 1\n" },
      "deep.ts:3"
    ],
    [
      "imports what is not exported",
      { "task.ts": `import { no } from "./deep.ts"\n${work}no()\n`, "deep.ts": "export {}" },
      "task.ts:1"
    ]
  ])("the line is told of a module that %s", async (_, files, place) => {
    const folder = written(files)
    const task = Task.module<Work>(pathToFileURL(join(folder, "task.ts"))).work
    await using pool = await createPool({ workers: 1, isolation, logger: false })
    const failure = await failureOf(pool.run(task, 1))
    expect(failure).toMatchObject({ _tag: "TaskNotLoaded", message: expect.stringContaining(`${folder}/${place})`) })
  })
})
