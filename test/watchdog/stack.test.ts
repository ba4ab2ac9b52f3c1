import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { setTimeout as delay } from "node:timers/promises"
import { expect, it, onTestFinished } from "vitest"
import { isReady, pathOf, startFixture } from "./spawned.ts"

const within = { withinMs: 5000, resume: false } as const

/** Where a text stands in a fixture, as frames count. */
const lineOf = (fixture: string, text: string): number =>
  readFileSync(pathOf(fixture), "utf8")
    .split("\n")
    .findIndex((line) => line.includes(text)) + 1

it("names function, file, line and locals of an endless loop", async () => {
  const fixture = startFixture("endless-loop")
  await isReady(fixture)
  const capture = await fixture.link.capture(within)
  expect(capture?.state).toBe("stopped")
  const [top, caller] = capture?.frames ?? []
  expect(top).toMatchObject({ function: "spin", file: pathOf("endless-loop") })
  const loop = lineOf("endless-loop", "for (let round")
  expect(top?.line).toBeGreaterThanOrEqual(loop)
  expect(top?.line).toBeLessThanOrEqual(loop + 3)
  expect(top?.column).toBeGreaterThan(0)
  expect(top?.locals).toMatchObject({
    label: '"orders"',
    values: "Array(3) [3, 5, 7]",
    point: '{ x: 1, name: "corner" }'
  })
  expect(caller).toMatchObject({ function: "(anonymous)", line: lineOf("endless-loop", 'spin("orders"') })
})

it("starts while the main thread already spins, with loader hooks and a preload for the main thread", async () => {
  const hooks = `data:text/javascript,${encodeURIComponent("export const load = (url, context, next) => next(url, context)")}`
  const preload = `data:text/javascript,${encodeURIComponent(`
    import { isMainThread } from "node:worker_threads"
    import { register } from "node:module"
    if (isMainThread) register(${JSON.stringify(hooks)})
    else process.kill(process.pid, "SIGKILL")`)}`
  const fixture = startFixture("endless-loop", { env: { NODE_OPTIONS: `--no-deprecation --import=${preload}` } })
  await isReady(fixture)
  expect((await fixture.link.capture(within))?.frames[0]?.function).toBe("spin")
})

it.each([
  ["catastrophic-regexp", "match"],
  ["atomics-wait", "waitForNobody"],
  ["async-loop", "poll"],
  ["eval-loop", "run"]
])("names the function of %s", async (name, expected) => {
  const fixture = startFixture(name)
  await isReady(fixture)
  await fixture.said("began")
  const capture = await fixture.link.capture(within)
  expect(capture?.state).toBe("stopped")
  expect(capture?.frames.map((frame) => frame.function)).toContain(expected)
  expect(capture?.frames.find((frame) => frame.function === expected)?.file).toBe(pathOf(name))
})

it("describes costly locals in bounds, runs none of the task's code and needs none of its prototypes", async () => {
  const fixture = startFixture("large-locals")
  await isReady(fixture)
  fixture.link.arm()
  const capture = await fixture.link.capture(within)
  const locals = capture?.frames[0]?.locals
  expect(locals).toMatchObject({
    text: "a string of 100000000 characters",
    big: "a bigint beyond 2n ** 256n",
    small: "12n",
    map: "Map(1000000)",
    few: 'Map(1) { "one" => 1 }',
    array: "Array(5000000)",
    nothing: "null",
    each: "() => 1"
  })
  expect(locals?.sentence).toMatch(/^"word word .*"… \(1000 characters\)$/)
  expect(locals?.order).toMatch(/^Order \{ id: 7/)
  expect(locals?.trap).toContain("Proxy")
  expect(locals?.when).toContain("1970")
})

it("finds a loop of awaits in its own functions, however often it looks", async () => {
  const fixture = startFixture("awaits-for-ever")
  await isReady(fixture)
  await fixture.said("began")
  fixture.link.arm()
  const found = new Set<string | undefined>()
  for (let look = 0; look < 60; look++) {
    const capture = await fixture.link.capture({ withinMs: 5000, resume: true })
    found.add(capture?.frames[0]?.function)
  }
  expect([...found, "poll", "step"].filter((name) => name !== "poll" && name !== "step")).toEqual([])
}, 60_000)

it("reads the top of a deep stack", async () => {
  const fixture = startFixture("deep-recursion")
  await isReady(fixture)
  const capture = await fixture.link.capture(within)
  expect(capture?.frames.length).toBe(64)
  expect(capture?.frames[0]).toMatchObject({ function: "descend", locals: { depth: "0" } })
})

it("leaves result and order of a computation that it looks at unharmed, and its exit quiet", async () => {
  const fixture = startFixture("counts-to-the-end")
  await isReady(fixture)
  await fixture.said("began")
  for (let look = 0; look < 5; look++) {
    const capture = await fixture.link.capture({ withinMs: 5000, resume: true })
    expect(capture?.state).toBe("stopped")
    expect(capture?.frames[0]?.file).toBe(pathOf("counts-to-the-end"))
  }
  expect(await fixture.ended).toEqual({ code: 0, signal: null })
  expect(fixture.output).toEqual({ stdout: "began\nresult true loop microtask\n", stderr: "" })
})

it("goes on after a pause without resume when it is disarmed", async () => {
  const fixture = startFixture("counts-to-the-end")
  await isReady(fixture)
  await fixture.said("began")
  expect((await fixture.link.capture(within))?.state).toBe("stopped")
  expect((await fixture.link.capture(within))?.frames[0]?.file).toBe(pathOf("counts-to-the-end"))
  fixture.link.disarm()
  expect(await fixture.ended).toEqual({ code: 0, signal: null })
  expect(fixture.output.stdout).toContain("result true loop microtask")
})

it("does not stop at debugger statements while armed", async () => {
  const fixture = startFixture("debugger-statement")
  await isReady(fixture)
  fixture.link.arm()
  await fixture.said("passed")
  expect(await fixture.ended).toEqual({ code: 0, signal: null })
  expect(fixture.output.stderr).toBe("")
})

it("prints nothing when the process exits while armed, and keeps its exit code", async () => {
  const fixture = startFixture("exits-while-armed")
  await isReady(fixture)
  fixture.link.arm()
  fixture.control.write("x")
  expect(await fixture.ended).toEqual({ code: 7, signal: null })
  expect(fixture.output).toEqual({ stdout: "began\n", stderr: "" })
})

it("lets a heap overflow end the process while armed", async () => {
  const fixture = startFixture("overflows-heap", { execArgv: ["--max-old-space-size=64"] })
  await isReady(fixture)
  fixture.link.arm()
  fixture.control.write("x")
  expect(await fixture.ended).toMatchObject({ signal: "SIGABRT" })
  expect(fixture.output.stderr).toContain("heap out of memory")
})

it("never keeps its process alive", async () => {
  const fixture = startFixture("begin-only")
  expect(await fixture.ended).toEqual({ code: 0, signal: null })
  expect(fixture.output).toEqual({ stdout: "began\n", stderr: "" })
})

it("catches every armed loop beside two busy processes", async () => {
  const busy = [1, 2].map(() => spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" }))
  onTestFinished(async () => {
    for (const each of busy) each.kill("SIGKILL")
    await Promise.all(busy.map((each) => each.signalCode ?? once(each, "close")))
  })
  const caught: Array<string> = []
  for (let round = 0; round < 6; round++) {
    const fixture = startFixture("endless-loop")
    await isReady(fixture)
    fixture.link.arm()
    // As long before its deadline as the parent arms.
    await delay(500)
    const capture = await fixture.link.capture(within)
    caught.push(`${capture?.state} with label ${capture?.frames[0]?.locals?.label}`)
    fixture.link.close()
    await fixture.ended
  }
  expect(caught).toEqual(new Array(6).fill('stopped with label "orders"'))
}, 60_000)
