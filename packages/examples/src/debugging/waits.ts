/** Runs a job whose server takes requests and answers none, and prints what it waits on. */
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { createPool, explain } from "holdfast"
import { report } from "./report.ts"

// It takes requests, and answers none.
const server = createServer(() => undefined).listen(0, "127.0.0.1")
await once(server, "listening")
const { port } = server.address() as AddressInfo

const pool = await createPool({ workers: 1, logger: false })
try {
  await pool.run(report, port, { timeout: "1 second" })
} catch (error) {
  console.log(explain(error))
}
await pool.close()
server.closeAllConnections()
server.close()
