import { spawn } from "node:child_process"
import { once } from "node:events"
import { closeSync, openSync } from "node:fs"
import { createServer } from "node:net"
import { Worker } from "node:worker_threads"
import { expect, it, onTestFinished } from "vitest"
import { expectNoLeaks, leaksSince, snapshotLeaks } from "./leaks.ts"

const forever = "setInterval(() => {}, 1000)"

/** Kills a process if it still exists. */
const end = (pid: number): void => {
  try {
    process.kill(pid, "SIGKILL")
  } catch {
    // It has ended by itself.
  }
}

it("finds nothing where nothing is left", async () => {
  const before = snapshotLeaks()
  const child = spawn(process.execPath, ["-e", ""])
  await once(child, "close")
  await expectNoLeaks(before)
})

it("names a child that goes on, with its command line", async () => {
  const before = snapshotLeaks()
  const child = spawn(process.execPath, ["-e", forever], { stdio: "ignore" })
  await expect(expectNoLeaks(before, 100)).rejects.toThrow(`process ${child.pid}: ${process.execPath} -e ${forever}`)
  end(child.pid ?? 0)
  await expectNoLeaks(before)
})

it("names a detached grandchild whose own parent has died", async () => {
  const before = snapshotLeaks()
  const start = `
    const { pid, unref } = require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(forever)}],
      { detached: true, stdio: "ignore" })
    process.stdout.write(String(pid), () => process.exit())`
  const child = spawn(process.execPath, ["-e", start])
  const [pid] = await once(child.stdout, "data").then((chunks) => chunks.map(Number))
  onTestFinished(() => end(pid ?? 0))
  await once(child, "close")
  await expect(expectNoLeaks(before, 100)).rejects.toThrow(`process ${pid}: `)
  end(pid ?? 0)
  await expectNoLeaks(before)
})

it("waits for what ends by itself", async () => {
  const before = snapshotLeaks()
  spawn(process.execPath, ["-e", "setTimeout(() => {}, 200)"], { stdio: "ignore" })
  expect(leaksSince(before).join()).toContain("process ")
  await expectNoLeaks(before)
})

it("names an open file, a listening socket and a thread, and how many there were", async () => {
  const before = snapshotLeaks()
  const file = openSync(import.meta.filename, "r")
  const server = createServer().listen(0, "127.0.0.1")
  const thread = new Worker(forever, { eval: true })
  await Promise.all([once(server, "listening"), once(thread, "online")])
  const left = leaksSince(before)
  expect(left).toContain(`descriptor ${import.meta.filename}: 1, was 0`)
  expect(left).toContainEqual(expect.stringMatching(/^descriptor socket: \d+, was \d+$/))
  expect(left).toContainEqual(expect.stringMatching(/^active resource TCPServerWrap: 1, was 0$/))
  expect(left).toContainEqual(expect.stringMatching(/^thread WorkerThread: 1, was 0$/))
  closeSync(file)
  server.close()
  await thread.terminate()
  await expectNoLeaks(before)
})

it("names a listener on process, whatever its event", async () => {
  const before = snapshotLeaks()
  const listener = (): void => undefined
  process.on("SIGUSR2", listener)
  expect(leaksSince(before)).toContain("process listener SIGUSR2: 1, was 0")
  process.off("SIGUSR2", listener)
  await expectNoLeaks(before)
})
