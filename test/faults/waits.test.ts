/** What a job waits on of which Node's own report tells little. */
import { createSocket } from "node:dgram"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { createPool, JobTimedOut, Shared } from "holdfast"
import { expect, it } from "vitest"
import { leavesChild, waitsForChild, waitsForPipe, waitsOnMuch } from "../fixtures/waiting.ts"
import { expectNoLeaks, snapshotLeaks } from "../setup/leaks.ts"

const fixture = new URL("../fixtures/waiting.ts", import.meta.url).pathname
const source = readFileSync(fixture, "utf8").split("\n")
const at = (text: string) => ({ file: fixture, line: source.findIndex((line) => line.includes(text)) + 1 })

it.each(["process", "thread"] as const)(
  "names the lock, the thread, the name server and the timer that a job waits on, and where, %s",
  async (isolation) => {
    const before = snapshotLeaks()
    const mute = createSocket("udp4").bind(0, "127.0.0.1")
    // A test that fails leaves it open.
    mute.unref()
    await once(mute, "listening")
    const nameServer = `127.0.0.1:${mute.address().port}`
    const lock = Shared.lock()
    const release = await lock.acquire()
    await using pool = await createPool({ workers: 1, isolation, logger: false })
    const error = await pool.run(waitsOnMuch, { lock, nameServer }, { timeout: "3 seconds" }).catch((each) => each)
    if (!(error instanceof JobTimedOut)) throw error
    const told = (kind: string) => error.waitingOn?.filter((each) => each.kind === kind)
    expect(told("shared lock")).toMatchObject([{ detail: "acquire()", openedAt: at("lock.acquire") }])
    expect(told("worker thread")).toMatchObject([{ openedAt: at("new Worker") }])
    expect(told("udp")).toMatchObject([{ detail: nameServer }])
    // Not the one that was cleared: Node's own handle is still set to that.
    expect(told("timer")).toEqual([{ kind: "timer", detail: expect.stringMatching(/^due in 35\d{5} ms$/) }])
    await release()
    await pool.close()
    mute.close()
    await once(mute, "close")
    await expectNoLeaks(before)
  },
  60_000
)

/** What a job of this task waits on, behind one that has left a child process. */
const waitsBehindLeft = async (task: typeof waitsForChild) => {
  const before = snapshotLeaks()
  await using pool = await createPool({ workers: 1, logger: false })
  await pool.run(leavesChild, undefined)
  const error = await pool.run(task, undefined, { timeout: "2 seconds" }).catch((each) => each)
  if (!(error instanceof JobTimedOut)) throw error
  await pool.close()
  await expectNoLeaks(before)
  return error.waitingOn
}

it("names a job's own child process first, behind it one that an earlier job has left, and no pipes to them", async () => {
  const children = [at('const child = spawn("cat")'), at("children.push(spawn")]
  expect(await waitsBehindLeft(waitsForChild)).toMatchObject(
    children.map((openedAt) => ({ kind: "child process", detail: expect.stringMatching(/^\d+ cat$/), openedAt }))
  )
}, 60_000)

it("names a pipe to a child process that has ended", async () => {
  const waitingOn = await waitsBehindLeft(waitsForPipe)
  expect(waitingOn?.map(({ kind }) => kind)).toEqual(["child process", "pipe", "pipe"])
}, 60_000)
