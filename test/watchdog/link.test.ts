import { Duplex } from "node:stream"
import { expect, it } from "vitest"
import { WatchdogLink } from "../../packages/supervisor/src/watchdog/link.ts"

/** A stream whose other end is the test: what the link wrote, and what it is to read. */
const makeStream = () => {
  const written: Array<string> = []
  const stream = new Duplex({
    read: () => {},
    write: (bytes, _encoding, done) => {
      written.push(String(bytes))
      done()
    }
  })
  return { stream, written, link: new WatchdogLink(stream) }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const frame = { function: "spin", file: "/a.ts", line: 1, column: 2, locals: { name: '"é"' } }
const captured = (id: number): string => `${JSON.stringify({ t: "captured", id, state: "stopped", frames: [frame] })}\n`

it("reads messages however the bytes are cut, and gives each capture its own answer", async () => {
  const { stream, written, link } = makeStream()
  const first = link.capture({ withinMs: 10_000, resume: true })
  const second = link.capture({ withinMs: 10_000, resume: false })
  expect(written.map((line) => JSON.parse(line))).toMatchObject([
    { t: "capture", id: 1, resume: true },
    { t: "capture", id: 2, resume: false }
  ])
  const bytes = Buffer.from(`{"t":"ready"}\n${captured(2)}${captured(99)}${captured(1)}`)
  for (let at = 0; at < bytes.length; at++) stream.push(bytes.subarray(at, at + 1))
  await turn()
  expect(await Promise.all([first, second])).toEqual([
    { state: "stopped", frames: [frame] },
    { state: "stopped", frames: [frame] }
  ])
  expect(link.ready).toBe(true)
  expect(link.state).toBe("open")
})

it.each([
  ["no JSON", "hello\n"],
  ["another shape", '{"t":"overMemory","rss":"much","limit":1}\n'],
  ["a frame without a line", '{"t":"captured","id":1,"state":"stopped","frames":[{"function":"f","file":"x"}]}\n'],
  ["a nested bomb", `${"[".repeat(200_000)}\n`],
  ["no end", "x".repeat((1 << 20) + 1)]
])("declares itself broken by %s, ignores what follows and keeps reading", async (_name, garbage) => {
  const { stream, link } = makeStream()
  const pending = link.capture({ withinMs: 10_000, resume: true })
  stream.push(garbage)
  expect(await pending).toBeUndefined()
  expect(link.state).toBe("broken")
  stream.push('\n{"t":"overMemory","rss":2,"limit":1}\n')
  await turn()
  expect(link.overMemory).toBeUndefined()
  expect(stream.destroyed).toBe(false)
  expect(stream.readableFlowing).toBe(true)
})

it("survives an error of its stream", async () => {
  const { stream, link } = makeStream()
  const pending = link.capture({ withinMs: 10_000, resume: true })
  stream.destroy(new Error("ECONNRESET"))
  expect(await pending).toBeUndefined()
  expect(link.state).toBe("closed")
  link.limitMemory(1, 1)
})

it("says nothing to a worker that takes nothing", async () => {
  const stream = new Duplex({ read: () => {}, write: () => {} })
  const link = new WatchdogLink(stream)
  for (let told = 0; told < 10_000; told++) link.arm()
  expect(stream.writableLength).toBeLessThan(100_000)
  expect(await link.capture({ withinMs: 10_000, resume: true })).toBeUndefined()
})
