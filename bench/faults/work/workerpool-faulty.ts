/** The worker script of workerpool with the functions of `faulty.ts`. */
import workerpool from "workerpool"
import * as functions from "./faulty.ts"

workerpool.worker({ ...functions })
