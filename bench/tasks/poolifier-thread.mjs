/** The worker script of poolifier's threads with the functions of `work.mjs`. */
import { ThreadWorker } from "poolifier"
import { countInRange, pidOf, touchEnds, touchShared, turn, wait } from "./work.mjs"

export const worker = new ThreadWorker({ countInRange, pidOf, touchEnds, touchShared, turn, wait })
