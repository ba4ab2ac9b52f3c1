import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { type AddressInfo, connect, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, it, onTestFinished } from "vitest"
import { startFixture } from "./spawned.ts"

interface Said {
  readonly waiting: ReadonlyArray<{ readonly kind: string; readonly detail: string }>
  readonly tookMs: number
  readonly restored: boolean
  readonly early: boolean
}

/** A port on which a connection stays in the making: its listener is full and accepts nothing. */
const deafPort = async (): Promise<number> => {
  const script = `
    const server = require("node:net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
      require("node:fs").writeSync(1, server.address().port + "\\n")
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
    })`
  const listener = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] })
  onTestFinished(async () => {
    listener.kill("SIGKILL")
    await once(listener, "close")
  })
  const [bytes] = await once(listener.stdout, "data")
  const port = Number(String(bytes))
  const sockets = Array.from({ length: 8 }, () => connect(port, "127.0.0.1").on("error", () => {}))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
  })
  await Promise.race(sockets.map((socket) => once(socket, "connect")))
  return port
}

it("names what a job waits on, with addresses, and neither its own channels nor what was open before", async () => {
  const server = createServer(() => {}).listen(0, "127.0.0.1")
  await once(server, "listening")
  onTestFinished(() => {
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const deaf = await deafPort()
  const directory = mkdtempSync(join(tmpdir(), "holdfast-watchdog-"))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const fifo = join(directory, "fifo")
  execFileSync("mkfifo", [fifo])
  const fixture = startFixture("waits-on-much", { args: [fifo, String(port), String(deaf)] })
  await fixture.said("}")
  const said = JSON.parse(fixture.output.stdout) as Said
  const texts = said.waiting.map(({ kind, detail }) => `${kind} ${detail}`)
  expect(texts).toContain(`tcp 127.0.0.1:${port}`)
  expect(texts).toContain(`tcp connecting to 127.0.0.1:${deaf}`)
  expect(texts).toContainEqual(expect.stringMatching(/^child process \d+ sleep 4321$/))
  expect(texts).toContainEqual(expect.stringMatching(/^file watcher .*fixtures$/))
  expect(texts).toContainEqual(expect.stringMatching(/^timer due in (60000|5\d{4}) ms$/))
  expect(texts).toContain(`file system request openat ${fifo}`)
  expect(texts).toHaveLength(6)
  expect(said.restored).toBe(true)
  expect(said.early).toBe(true)
})

it("tells a timer that does not keep the process alive from V8's own", async () => {
  const fixture = startFixture("unreferenced-timers")
  await fixture.ended
  expect(fixture.output).toEqual({ stdout: "none false undefined\none true true false\n", stderr: "" })
})
