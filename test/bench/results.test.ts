/** What a benchmark's run leaves behind: its part of the page, and its chart. The measuring itself is not run here. */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { measurements } from "../../bench/measurements/index.ts"
import { chartOf } from "../../bench/runner/chart.ts"
import { keepOnPage, sectionOf, withSection } from "../../bench/runner/page.ts"
import type { MeasurementRecord } from "../../bench/runner/results.ts"

const summary = { median: 12.5, lower: 12, upper: 13, min: 11, max: 14 }
const record: MeasurementRecord = {
  measurement: "objects",
  title: "small <objects> per second",
  quick: false,
  quiet: true,
  machine: {
    date: "2026-11-21T08:35:00.303Z",
    cpu: "A CPU",
    cores: 2,
    memoryGB: 24,
    system: "Linux",
    load: 0.1,
    versions: { node: "v26" }
  },
  comparisons: [
    {
      title: "a | b",
      unit: "ms",
      rows: [
        { name: "holdfast", note: "how", failure: undefined, summary, oursInPartsOfIt: 1, rounds: [12.5] },
        { name: "other", note: undefined, failure: undefined, summary, oursInPartsOfIt: 0.5, rounds: [25] },
        {
          name: "absent",
          note: undefined,
          failure: "not there",
          summary: undefined,
          oursInPartsOfIt: undefined,
          rounds: []
        }
      ],
      aims: [{ aim: "≤ 20 ms", measured: 12.5, reached: true }]
    }
  ]
}

describe("the page of the benchmarks", () => {
  it("has a place for each measurement, so that a run can be kept there", () => {
    const page = readFileSync(new URL("../../docs/benchmarks.md", import.meta.url), "utf8")
    const without = measurements.filter(({ name }) => withSection(page, name, "") === undefined)
    expect(without.map(({ name }) => name)).toEqual([])
  })

  it("is given a measurement's numbers between its marks, in place of the last ones, and is otherwise as it was", () => {
    const page = "before\n<!-- measured: objects -->\n\nstale\n\n<!-- end of objects -->\nafter\n"
    const changed = withSection(page, "objects", sectionOf(record)) ?? ""
    expect(changed).toMatch(/^before\n/)
    expect(changed).toMatch(/\nafter\n$/)
    expect(changed).not.toContain("stale")
    const table = changed.split("\n").map((line) => line.replaceAll(/ +/g, " "))
    expect(table).toContain("| other | 12.5 | 12 … 13 | 0.5 × | |")
    expect(table).toContain("| a \\| b | ms | half of all rounds | ours / it | how |")
    expect(table).toContain("| absent | no result | | | |")
    expect(changed).toContain("≤ 20 ms: 12.5, reached")
    expect(withSection(changed, "objects", sectionOf(record))).toBe(changed)
  })

  it("is left as it is by a quick run, and by one beside which others used the machine", () => {
    expect(keepOnPage({ ...record, quick: true })).toBe("a quick run is no result")
    expect(keepOnPage({ ...record, quiet: false })).toBe("others used the machine")
    expect(keepOnPage({ ...record, measurement: "no-such" })).toContain("no-such")
  })
})

describe("a chart", () => {
  it("has a bar for each contender with a result, ours apart from the others, and escapes what it is given", () => {
    const svg = chartOf(record)
    expect(svg.match(/<rect class="ours"/g)).toHaveLength(1)
    expect(svg.match(/<rect class="other"/g)).toHaveLength(1)
    expect(svg).toContain("no result")
    expect(svg).toContain("small &lt;objects&gt; per second")
    expect(svg).not.toMatch(/NaN|undefined|Infinity/)
  })
})
