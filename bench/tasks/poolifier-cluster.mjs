/** The worker script of poolifier's processes with the functions of `work.mjs`. */
import { ClusterWorker } from "poolifier"
import { countInRange, pidOf, touchEnds, touchShared, turn, wait } from "./work.mjs"

export const worker = new ClusterWorker({ countInRange, pidOf, touchEnds, touchShared, turn, wait })
