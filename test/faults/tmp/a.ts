import { createPool } from "holdfast"
import { hostile, throwsHostile, rejectsHostile } from "../../fixtures/thrown.ts"
const pool = await createPool({ workers: 1, logger: false })
for (const task of [throwsHostile, rejectsHostile]) for (const h of hostile) {
  const p = pool.settle(task, [h])
  const r = await Promise.race([p, new Promise(r => setTimeout(r, 3000, "HANG"))])
  console.log(task.name, h, r === "HANG" ? r : String((r as any)[0].error?.message).slice(0, 150))
  if (r === "HANG") break
}
await pool.terminate()
