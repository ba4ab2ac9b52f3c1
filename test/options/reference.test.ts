import { describe, expect, it } from "vitest"
import { describeOptions, optionsReference } from "../../packages/supervisor/src/options/reference.ts"

const OF_POOL =
  "workers isolation timeout heartbeatTimeout queueTimeout startTimeout stallWarning killGrace drainTimeout retry maxCrashes onFailure chunkSize concurrency lookAhead maxQueue maxJobsPerWorker maxMemory restart spare preload context schedule signals env execArgv cwd logger reports evidence progress mask dumpSignal allowNested"
const OF_CALLS =
  "signal key priority timeout heartbeatTimeout queueTimeout retry maxCrashes onFailure chunkSize lookAhead concurrency ordered progress onProgress"

const namesOn = (...scopes: ReadonlyArray<string>) =>
  new Set(
    describeOptions()
      .filter((row) => row.scopes.some((scope) => scopes.includes(scope)))
      .map((row) => row.name)
  )

describe("the reference of options", () => {
  it("has every option that the design names, and no other", () => {
    expect(namesOn("pool")).toEqual(new Set(OF_POOL.split(" ")))
    expect(namesOn("job", "batch", "stream")).toEqual(new Set(OF_CALLS.split(" ")))
    expect(namesOn("task")).toEqual(new Set(["timeout", "heartbeatTimeout", "retry", "maxCrashes", "idempotent"]))
  })

  it("says of each what it is, in a sentence, and what it comes to when nobody sets it", () => {
    for (const row of describeOptions()) {
      expect(row.documentation, row.name).toMatch(/^[A-Z`].*\.$/)
      expect(row.type, row.name).not.toBe("")
      expect(row.default, row.name).not.toBe("")
    }
  })

  it("has one row for each option and place", () => {
    const places = describeOptions().flatMap((row) => row.scopes.map((scope) => `${row.name} of ${scope}`))
    expect(new Set(places).size).toBe(places.length)
  })

  it("is a Markdown table whose rows all have its five columns", () => {
    const lines = optionsReference().trimEnd().split("\n")
    expect(lines).toHaveLength(describeOptions().length + 2)
    for (const line of lines) expect(line.split(/(?<!\\)\|/), line).toHaveLength(7)
    expect(lines).toContain("| `workers` | pool | `number` | `availableParallelism()` | How many workers run jobs. |")
    expect(optionsReference()).toContain('| `"process" \\| "thread" \\| "inline"` | `"process"` |')
  })
})
