/** Prints what a batch is doing right now, without stopping it. */
import { setTimeout as sleep } from "node:timers/promises"
import { createPool } from "holdfast"
import { prepare } from "./orders.ts"

const pool = await createPool({ workers: 1 })
for (const id of [47, 48, 49]) void pool.submit(prepare, id, { key: `order ${id}` })

let text = ""
while (!text.includes("running JavaScript")) {
  await sleep(100)
  text = String(await pool.dump())
}
console.log(text)
await pool.terminate()
