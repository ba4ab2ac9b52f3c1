/** What a death costs: from a worker's SIGKILL in the middle of a job to the next completed job of a pool of one. */
import { digestOf } from "../runner/digest.ts"
import { lasting } from "../runner/entrants.ts"
import type { Contender, Measurement } from "../runner/Measurement.ts"

const contender = (name: string, file: string, workload: string, pool?: string): Contender =>
  lasting(name, file, [workload, 1, pool], { digest: digestOf([1]), read: ({ measured }) => measured })

export const recovery: Measurement = {
  name: "recovery",
  title: "time from a worker's SIGKILL to the next completed job, in a pool of one worker",
  rounds: { full: 4, quick: 1 },
  comparisons: () => [
    {
      title: "from the death to the next result",
      unit: "ms",
      better: "less",
      contenders: [
        contender("holdfast, spare: 1", "holdfast-work.ts", "recovery-spare"),
        contender("holdfast", "holdfast-work.ts", "recovery"),
        contender("tinypool-processes", "peers.ts", "recovery", "tinypool-processes"),
        contender("workerpool-processes", "peers.ts", "recovery", "workerpool-processes"),
        contender("poolifier-cluster", "peers.ts", "recovery", "poolifier-cluster"),
        contender("jest-worker-processes", "peers.ts", "recovery", "jest-worker-processes"),
        contender("multiprocessing.Pool", "python-work.py", "recovery"),
        contender("ProcessPoolExecutor, made anew", "python-work.py", "recovery-executor")
      ],
      aims: [{ against: undefined, limit: 20 }]
    }
  ]
}
