/** The worker script of poolifier's processes with the functions of `faulty.ts`. */
import { ClusterWorker, type TaskFunctions } from "poolifier"
import * as functions from "./faulty.ts"

export const worker = new ClusterWorker({ ...functions } as TaskFunctions)
