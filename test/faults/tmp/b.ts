import { createPool } from "holdfast"
import { spins, neverWakes } from "../../fixtures/hangs.ts"
import { neverSettles } from "../../fixtures/faulty.ts"
import { square } from "../../fixtures/plain.ts"
const pool = await createPool({ workers: 1, logger: false })
await pool.run(square, 1)
for (const how of [1, "promise", "unref", "thenable"] as const) {
  const p = how === 1 ? pool.settle(neverSettles, [undefined]) : pool.settle(neverWakes, [how])
  const t = performance.now()
  const r = await Promise.race([p, new Promise(r => setTimeout(r, 3000, "HANG"))])
  console.log(how, r === "HANG" ? r : String((r as any)[0].error?.message).slice(0, 150), performance.now() - t)
  if (r === "HANG") break
}
for (const i of [1,2,3,4]) {
const r = await pool.settle(spins, [3], { timeout: 400 })
console.log((r as any)[0].error.message, (r as any)[0].error.hungAt)
}
await pool.terminate()
