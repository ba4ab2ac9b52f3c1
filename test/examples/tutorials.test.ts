/** Examples of shared data, directed work and deaths, as their readers run them: their printed results are checked. */
import { describe, expect, test } from "vitest"
import { run } from "./run.ts"

/** A printed array of numbers, however it was wrapped. */
const numbersIn = (text: string, label = ""): Array<number> =>
  (new RegExp(`${label}\\s*\\[([^\\]]*)\\]`).exec(text)?.[1]?.match(/[\d.]+/g) ?? []).map(Number)

const linesOf = (text: string): Array<string> => text.trimEnd().split("\n")

describe("tutorials", { timeout: 90_000 }, () => {
  test("queues has long-lived workers answer everything on a second queue", async () => {
    const { code, stdout } = await run("queues/main.ts", "10")
    expect(code).toBe(0)
    expect(numbersIn(stdout)).toEqual([0, 1, 4, 9, 16, 25, 36, 49, 64, 81])
    expect(stdout).toContain("10 served by 2 workers\n")
  })

  test("manager has all workers sign a list, and two talk over a pipe", async () => {
    expect(await run("manager/main.ts")).toMatchObject({
      code: 0,
      stdout: "all signed in: true\nover the pipe: [ 10, 20, 30 ]\n"
    })
  })

  test("cluster-assign labels every sample as a serial loop would", async () => {
    expect(await run("cluster-assign/main.ts", "20000")).toMatchObject({
      code: 0,
      stdout: `20000 samples in clusters of ${Array.from({ length: 8 }, () => 2500).join(", ")}\n20000 as a serial loop has them, and with their blob\n`
    })
  })

  test("engines works on all, with their own stores and parts", async () => {
    const { pid: parent, code, stdout, stderr } = await run("engines/main.ts", "4")
    expect(code).toBe(0)
    expect(numbersIn(stdout, "ids")).toEqual([1, 2, 3, 4])
    expect(stdout.match(/hello, I am engine \d/g)).toEqual([1, 2, 3, 4].map((id) => `hello, I am engine ${id}`))
    expect(numbersIn(stdout, "primes")).toEqual([78498, 78498, 78498, 78498])
    expect(numbersIn(stdout, "pulled")).toEqual([3, 3, 3, 3])
    expect(numbersIn(stdout, "balanced map")).toEqual([3, 6, 9, 12, 15])
    expect(numbersIn(stdout, "means")).toEqual([11.5, 35.5, 59.5, 83])
    expect(stdout).toContain("gathered 95\n")
    expect(numbersIn(stdout, "as a function")).toEqual([30, 60])
    const loads = [...stderr.matchAll(/primes found in (\d+)/g)].map(([, pid]) => pid)
    expect(new Set(loads).size).toBe(loads.length)
    expect(loads).not.toContain(String(parent))
  })

  test("when-workers-die tells of each way to die, and goes on", async () => {
    const { code, stdout, stderr } = await run("when-workers-die/main.ts")
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    const crashed = (job: number, name: string, how: string): string =>
      `  WorkerCrashed: the worker that ran task "end" (job ${job}, input '${name}') ${how} (worker N, pid N)`
    // What a job that timed out was at is left out: a crowded machine may not tell in time.
    const shown = stdout
      .replace(/worker \d+, pid \d+/g, "worker N, pid N")
      // Who ended it, and where; what took memory is not always seen in time.
      .replace(/(died of SIG\w+|called process\.exit\(\d\)) in .* at \S+ways\.ts:\d+:\d+/g, "$1")
      .replace(/; it was in .* at \S+ways\.ts:\d+:\d+/g, "")
      .replace(/used \d+ MB of memory/, "used N MB of memory")
      .replace(/(timeout of 5 s);.*/g, "$1")
    expect(linesOf(shown)).toEqual([
      "a job that ends well",
      "  all is well",
      "a job that throws an error",
      `  TaskThrew: task "end" (job 1, input 'throws an error') threw RangeError: this is no image`,
      "a job that rejects a promise that nobody awaits",
      `  TaskThrew: task "end" (job 2, input 'rejects a promise that nobody awaits') threw Error: left behind`,
      "a job that calls process.exit",
      crashed(3, "calls process.exit", "called process.exit(3)"),
      "a job that calls process.abort",
      crashed(4, "calls process.abort", "died of SIGABRT"),
      "a job that is killed",
      crashed(5, "is killed", "died of SIGKILL"),
      "a job that crashes in native code",
      crashed(6, "crashes in native code", "died of SIGSEGV"),
      "a job that takes too much memory",
      crashed(7, "takes too much memory", "used N MB of memory, over its limit (maxMemory) of 400 MB"),
      "a job that loops for ever",
      `  JobTimedOut: task "end" (job 8, input 'loops for ever') took longer than its timeout of 5 s`,
      "a job that waits too long",
      `  JobTimedOut: task "end" (job 9, input 'waits too long') took longer than its timeout of 5 s`,
      "a job that waits for what can never come",
      `  JobStuck: task "end" (job 10, input 'waits for what can never come') waits for something that can never happen: its worker's event loop has nothing left that could wake it`,
      "a job that returns what can't be sent",
      `  NotSerializable: the result of task "end" (job 11, input "returns what can't be sent") can't be sent back: result.callback is a function`,
      "afterwards: all is well"
    ])
  })
})
