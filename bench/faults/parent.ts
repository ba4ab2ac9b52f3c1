/**
 * The program that a trial runs: opens one pool and plays one fault's scene on it. What it sees goes to descriptor 3 as
 * lines of JSON, at once, so that it is known even when this process dies of the fault.
 */
import { writeSync } from "node:fs"
import type { Open } from "./adapters/Adapter.ts"
import { faults } from "./faults.ts"
import type { Observation } from "./Observation.ts"
import { contestants } from "./pools.ts"
import { scenes } from "./scenes.ts"

const [poolName, faultId] = process.argv.slice(2)
const contestant = contestants.find(({ name }) => name === poolName)
const fault = faults.find(({ id }) => id === faultId)
if (contestant === undefined || fault === undefined) throw new Error(`no such trial: ${poolName}, ${faultId}`)

const say = (observation: Observation): void => {
  writeSync(3, `${JSON.stringify(observation)}\n`)
}

const { open } = (await import(`./adapters/${contestant.adapter}.ts`)) as { readonly open: Open }
say({ at: "playing" })
await scenes[fault.scene]({
  fault,
  say,
  open: async ({ workers }) =>
    open({
      workers,
      isolation: contestant.isolation,
      work: fault.work ?? "faulty",
      heapMB: fault.heapMB,
      hear: (text) => say({ at: "heard", text: text.slice(0, 300) })
    })
})
