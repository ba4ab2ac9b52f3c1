/** What a dead worker had said arrives, also where its end is noticed by writing to it. */
import { spawn } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import type { Duplex } from "node:stream"
import { expect, it, onTestFinished } from "vitest"
import { deliverUnread } from "../../packages/supervisor/src/transport/unread.ts"

const SIZE = 100_000

/** A child that has written its last words to descriptor 3 and ended, of which this process has read nothing. */
const deceased = (): Duplex => {
  // A newline from here is left unread there, as messages to a worker are that dies.
  const program = `
    const { writeSync } = require("node:fs")
    const bytes = Buffer.alloc(${SIZE}, "w")
    for (let at = 0; at < bytes.length; ) at += writeSync(3, bytes, at)
    process.kill(process.pid, "SIGKILL")`
  const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "ignore", "inherit", "pipe"] })
  onTestFinished(() => void child.kill("SIGKILL"))
  const socket = child.stdio[3] as Duplex
  socket.on("error", () => undefined)
  socket.write("\n")
  // Looked at without a turn of the event loop, which would read.
  const isDead = (): boolean => / Z /.test(readFileSync(`/proc/${child.pid}/stat`, "latin1"))
  // Its other threads hold its descriptors a moment longer.
  while (!isDead() || readdirSync(`/proc/${child.pid}/task`).length > 1);
  return socket
}

it("what lies in a socket is delivered before it is closed for a failed write", { timeout: 60_000 }, async () => {
  const socket = deceased()
  let read = 0
  socket.on("data", (bytes: Buffer) => {
    read += bytes.length
  })
  deliverUnread(socket)
  const errors: Array<unknown> = []
  const closed = new Promise((resolve) => socket.once("close", resolve))
  socket.on("error", (error) => errors.push(error))
  socket.write("to nobody")
  await closed
  expect(read).toBe(SIZE)
  expect(errors).toMatchObject([{ code: "EPIPE" }])
})
