import { createPool } from "holdfast"
import { neverSettles } from "../../fixtures/faulty.ts"
import { square } from "../../fixtures/plain.ts"
const pool = await createPool({ workers: 1, logger: false, execArgv: ["--report-on-signal", "--report-signal=SIGUSR2", "--report-directory=/tmp/h", "--report-filename=r.json"] })
if (process.argv[2]) await pool.run(square, 1)
const p = pool.settle(neverSettles, [undefined])
const r = await Promise.race([p, new Promise(r => setTimeout(r, 3000, "HANG"))])
console.log(r)
process.kill(pool.workers[0]!.pid!, "SIGUSR2")
await new Promise(r => setTimeout(r, 1000))
await pool.terminate()
