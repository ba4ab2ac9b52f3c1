import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"

const program = fileURLToPath(new URL("../fixtures/shapes-program.ts", import.meta.url))

/** A field, or a private one's name, of each kind of object that a job needs in its parent. */
const OURS = ["chunkId", "forsaken", "answeredMs", "#callSite", "#numbers", "#holder", "#above", "_onImmediate"]

/** The fields for which V8 made a hidden class in the parent while the program sent its last jobs. */
const madeAnew = (isolation: string): Array<string> => {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-shapes-"))
  const log = join(folder, "v8.log")
  const logging = ["--log-maps", "--no-log-maps-details", "--no-logfile-per-isolate", `--logfile=${log}`]
  try {
    const run = spawnSync(
      process.execPath,
      ["--conditions=holdfast-source", "--expose-gc", ...logging, program, isolation],
      { encoding: "utf8", timeout: 80_000 }
    )
    expect(run).toMatchObject({ status: 0, stdout: "2\n" })
    const text = readFileSync(log, "latin1")
    const [begin, end] = [text.indexOf("theseAreKnown"), text.indexOf("thatWasAll")]
    expect(begin).toBeGreaterThan(-1)
    expect(end).toBeGreaterThan(begin)
    const made = text.slice(begin, end).matchAll(/^map,Transition,.*,(?:symbol\("([^"]+)".*|([^,]+))$/gm)
    return Array.from(made, ([, symbol, name]) => symbol ?? name ?? "")
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
  }
}

describe.each(["process", "thread"])("where workers are a %s each,", (isolation) => {
  it("a job after a collection needs no hidden class that the jobs before it had", { timeout: 90_000 }, () => {
    expect(madeAnew(isolation).filter((name) => OURS.includes(name))).toEqual([])
  })
})
