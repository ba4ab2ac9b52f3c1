/** The worker script of poolifier's threads with the functions of `faulty.ts`. */
import { type TaskFunctions, ThreadWorker } from "poolifier"
import * as functions from "./faulty.ts"

export const worker = new ThreadWorker({ ...functions } as TaskFunctions)
