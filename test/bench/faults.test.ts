/**
 * The runner of `npm run bench -- faults`: that what it says of a pool is what happened, on two pools of which one is
 * known to fail, and that it leaves nothing behind. Not the whole matrix, which takes minutes.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest"
import { type Fault, faults } from "../../bench/faults/faults.ts"
import { matrixOf } from "../../bench/faults/matrix.ts"
import type { Observation, Trial } from "../../bench/faults/Observation.ts"
import { type Contestant, contestants } from "../../bench/faults/pools.ts"
import { tryOut } from "../../bench/faults/trial.ts"
import { problemsOf, seen } from "../../bench/faults/verdict.ts"

const faultCalled = (id: string): Fault => {
  const fault = faults.find((each) => each.id === id)
  if (fault === undefined) throw new Error(`no fault is called ${id}`)
  return fault
}

const poolCalled = (name: string): Contestant => {
  const contestant = contestants.find((each) => each.name === name)
  if (contestant === undefined) throw new Error(`no pool is called ${name}`)
  return contestant
}

const marked = (): Array<string> =>
  readdirSync("/proc").filter((entry) => {
    try {
      return (
        /^\d+$/.test(entry) && readFileSync(`/proc/${entry}/environ`, "utf8").includes(`FAULTS_TEST=${process.pid}`)
      )
    } catch {
      return false
    }
  })

describe("trials with real processes", () => {
  // Of its own: what is left in it is this test's.
  const temporary = mkdtempSync(join(tmpdir(), "holdfast-test-faults-"))

  beforeAll(() => {
    vi.stubEnv("TMPDIR", temporary)
    vi.stubEnv("FAULTS_TEST", String(process.pid))
  })

  afterEach(() => {
    expect(readdirSync(temporary)).toEqual([])
    expect(marked()).toEqual([])
  })

  afterAll(() => {
    vi.unstubAllEnvs()
    rmSync(temporary, { recursive: true, force: true })
  })

  it("a worker's exit is told by both pools, and harms nobody else", async () => {
    const fault = faultCalled("exit-3")
    for (const name of ["holdfast", "piscina"]) {
      const trial = await tryOut(poolCalled(name), fault)
      expect(trial.parent.said, name).toBe("")
      expect(problemsOf(fault, trial), name).toEqual([])
      expect(seen(trial, "job")?.settled, name).toMatchObject({ state: "failed", said: expect.stringMatching(/exit/) })
      expect(seen(trial, "bystanders")?.settled, name).toHaveLength(4)
      expect(trial.starts.faulty, name).toBe(1)
    }
  })

  it("a native death takes the parent of threads along, and is an error where workers are processes", async () => {
    const fault = faultCalled("SIGKILL")
    const threads = await tryOut(poolCalled("piscina"), fault)
    expect(threads.parent).toMatchObject({ how: "died", signal: "SIGKILL" })
    expect(problemsOf(fault, threads)).toEqual(["parent died"])
    const processes = await tryOut(poolCalled("holdfast"), fault)
    expect(processes.parent).toMatchObject({ how: "exited", exitCode: 0 })
    expect(problemsOf(fault, processes)).toEqual([])
  })

  it("a parent that is killed while a worker loops leaves none of ours behind", async () => {
    const fault = faultCalled("parent")
    const trial = await tryOut(poolCalled("holdfast"), fault)
    expect(trial.parent.how).toBe("killed")
    expect(trial.starts.faulty).toBe(1)
    expect(trial.orphans).toBe(0)
  })

  it("a worker that outlives its parent is found, counted and ended", async () => {
    const trial = await tryOut(poolCalled("workerpool"), faultCalled("parent"))
    expect(trial.orphans).toBe(1)
    expect(problemsOf(faultCalled("parent"), trial)).toEqual(["orphans"])
  })
})

/** A trial in which nothing went wrong but what is given. */
const trialWith = (fault: string, observations: ReadonlyArray<Observation>, changes: Partial<Trial> = {}): Trial => ({
  pool: "holdfast",
  fault,
  skipped: undefined,
  observations,
  starts: {},
  lines: 0,
  printed: false,
  parent: { how: "exited", exitCode: 0, signal: null, said: "" },
  orphans: 0,
  ms: 1,
  ...changes
})

const failed: Observation = { at: "job", settled: { state: "failed", said: "Error: …" }, told: [], ms: 1 }
const value = (right: boolean): Observation => ({
  at: "job",
  settled: { state: "value", value: "1", right },
  told: [],
  ms: 1
})
const late = (text: string): Observation => ({ at: "heard", text })

describe("the verdict", () => {
  it.each<[string, string, ReadonlyArray<Observation>, Partial<Trial>, ReadonlyArray<string>]>([
    ["a failure with nothing to tell", "exit-0", [failed], {}, []],
    ["no answer", "exit-0", [{ at: "job", settled: { state: "pending" }, told: [], ms: 1 }], {}, ["hang"]],
    ["success in place of a failure", "argument", [value(false)], {}, ["silent"]],
    [
      "an error without what it needs",
      "exit-0",
      [{ ...failed, told: [{ what: "code", needed: true, told: false }] }],
      {},
      ["lost"]
    ],
    [
      "an error without what is only nice",
      "exit-0",
      [{ ...failed, told: [{ what: "line", needed: false, told: false }] }],
      {},
      []
    ],
    [
      "a neighbour that failed",
      "exit-0",
      [failed, { at: "bystanders", settled: [{ state: "failed", said: "" }] }],
      {},
      ["wrong blame"]
    ],
    [
      "a neighbour without answer",
      "exit-0",
      [failed, { at: "bystanders", settled: [{ state: "pending" }] }],
      {},
      ["hang"]
    ],
    ["an innocent job that fails", "idle", [failed], {}, ["wrong blame"]],
    ["a late error that nobody tells", "throws-late", [value(true)], {}, ["lost"]],
    ["a late error in an event", "throws-late", [value(true), late("Error: thrown too late")], {}, []],
    ["a rejection that is only printed", "rejects-beside", [value(true)], { printed: true }, []],
    ["a rejection that nobody tells", "rejects-beside", [value(true)], {}, ["silent"]],
    ["a job that ran twice", "exit-0", [failed], { starts: { faulty: 2 } }, ["ran again"]],
    ["workers started over and over", "import", [failed], { starts: { import: 50 } }, ["respawns"]],
    ["lines that never came", "flood", [failed], { lines: 4999 }, ["lost"]],
    ["orphans", "parent", [], { orphans: 1 }, ["orphans"]]
  ])("of %s", (_, fault, observations, changes, problems) => {
    expect(problemsOf(faultCalled(fault), trialWith(fault, observations, changes))).toEqual(problems)
  })

  it("names the worst first", () => {
    const trial = trialWith("exit-0", [failed, { at: "next", settled: { state: "pending" } }], {
      parent: { how: "died", exitCode: 1, signal: null, said: "" },
      orphans: 2
    })
    expect(problemsOf(faultCalled("exit-0"), trial)).toEqual(["parent died", "hang", "orphans"])
  })
})

it("the matrix groups pools that did the same and escapes what would break its table", () => {
  const [ours, threads, piscina] = contestants
  const said: Observation = { ...failed, settled: { state: "failed", said: "Error: a | b\nc" } }
  const trials = contestants.slice(0, 3).map(({ name }) => ({ ...trialWith("exit-0", [said]), pool: name }))
  const text = matrixOf({
    contestants: [ours, threads, piscina].flatMap((each) => each ?? []),
    faults: [faultCalled("exit-0")],
    trials
  })
  expect(text).toContain("| holdfast; holdfast, threads; piscina | ok")
  expect(text).toContain("Error: a \\| b c")
})
