/** The examples that draw: what they print, and that their pictures hold what they should. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { run } from "./run.ts"

describe("charts", { timeout: 90_000 }, () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "holdfast-charts-"))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  test("timeline writes a page and a picture with a bar for each nap, for both schedules", async () => {
    const { code, stdout } = await run("timeline/main.ts", join(folder, "out"), "9", "2")
    expect(code).toBe(0)
    const facts = String.raw`9 naps in [12] processes within \d+ ms; speed-up \d\.\d\d, efficiency \d+ %`
    expect(stdout).toMatch(new RegExp(`^9-balanced: ${facts} .*\n9-static: ${facts} .*\n$`))
    const names = ["9-balanced.html", "9-balanced.svg", "9-static.html", "9-static.svg"]
    expect(readdirSync(join(folder, "out")).toSorted()).toEqual(names)
    const svg = readFileSync(join(folder, "out", "9-balanced.svg"), "utf8")
    expect(svg.match(/<rect class="hf-succeeded"[^>]*><title>nap /g)).toHaveLength(9)
    expect(readFileSync(join(folder, "out", "9-balanced.html"), "utf8")).toContain("<dt>succeeded</dt><dd>11</dd>")
  })

  test("timeline refuses what is no schedule, and writes nothing", async () => {
    const out = join(folder, "out")
    expect(await run("timeline/main.ts", out, "9", "2", "eager")).toMatchObject({ code: 2, stdout: "" })
    expect(existsSync(out)).toBe(false)
  })

  test("speedup sums the same serially and with workers, and writes a table and a plot", async () => {
    const file = join(folder, "speedup.svg")
    const { code, stdout, stderr } = await run("speedup/main.ts", file, "4", "2")
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    const lines = stdout.trimEnd().split("\n")
    expect(lines[0]?.trim().split(/\s{2,}/)).toEqual(["numbers", "serial ms", "S(1)", "E(1)", "S(2)", "E(2)"])
    expect(lines.slice(1, -1).map((line) => line.trim().split(" ")[0])).toEqual([
      "10^0",
      "10^1",
      "10^2",
      "10^3",
      "10^4"
    ])
    expect(lines.at(-1)).toBe(`the plot is in ${file}`)
    const svg = readFileSync(file, "utf8")
    expect(svg.match(/<polyline/g)).toHaveLength(2)
    for (const [, points = ""] of svg.matchAll(/points="([^"]*)"/g)) expect(points.split(" ")).toHaveLength(5)
    expect(svg).not.toContain("NaN")
  })

  test.each([
    ["plot.png", "2"],
    ["plot.svg", "10"]
  ])("speedup refuses %s with %s", async (file, exponent) => {
    expect(await run("speedup/main.ts", join(folder, file), exponent)).toMatchObject({ code: 2, stdout: "" })
    expect(readdirSync(folder)).toEqual([])
  })
})
