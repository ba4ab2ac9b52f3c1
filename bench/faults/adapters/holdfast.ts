/** Ours, every option at its default but the number of workers and the limits that a fault is about. */
import { createPool, Task } from "holdfast"
import { heapFlags, type Open, workUrl } from "./Adapter.ts"

export const open: Open = async ({ isolation, workers, work, heapMB }) => {
  const tasks = Task.module(workUrl(work))
  const taskOf = (job: string): Task.Task<unknown, unknown> => Reflect.get(tasks, job)
  const pool = await createPool({ isolation, workers, execArgv: [...process.execArgv, ...heapFlags(heapMB)] })
  return {
    run: (job, input, timeoutMs) => pool.run(taskOf(job), input, timeoutMs === undefined ? {} : { timeout: timeoutMs }),
    settle: async (job, inputs) => {
      const outcomes = await pool.settle(taskOf(job), inputs)
      return outcomes.map((outcome) =>
        outcome._tag === "Succeeded"
          ? { status: "fulfilled", value: outcome.value }
          : { status: "rejected", reason: outcome.error }
      )
    },
    close: () => pool.close()
  }
}
