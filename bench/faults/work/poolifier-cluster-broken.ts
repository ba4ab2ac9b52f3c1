/** The worker script of poolifier's processes with the functions of `broken.ts`. */
import { ClusterWorker, type TaskFunctions } from "poolifier"
import * as functions from "./broken.ts"

export const worker = new ClusterWorker({ ...functions } as TaskFunctions)
