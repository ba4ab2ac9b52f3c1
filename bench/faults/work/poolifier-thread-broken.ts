/** The worker script of poolifier's threads with the functions of `broken.ts`. */
import { type TaskFunctions, ThreadWorker } from "poolifier"
import * as functions from "./broken.ts"

export const worker = new ThreadWorker({ ...functions } as TaskFunctions)
