/**
 * What any supervised worker has to start, and nothing else: a channel that is not Node's own, a thread that could look
 * after this one, and the task's module, imported when its name comes. It is guarded by nobody.
 */
import { Socket } from "node:net"
import { Worker } from "node:worker_threads"

const channel = new Socket({ fd: 3, readable: true, writable: true })
channel.once("data", async (bytes) => {
  const { module, name, input } = JSON.parse(String(bytes))
  const guard = new Worker("setInterval(() => undefined, 1e6)", { eval: true, execArgv: [], env: {}, stdout: true })
  guard.unref()
  const task = Reflect.get(await import(module), name)
  channel.write(JSON.stringify(task.run(input)))
})
channel.on("end", () => process.exit())
