/** The worker script of workerpool with the functions of `broken.ts`. */
import workerpool from "workerpool"
import * as functions from "./broken.ts"

workerpool.worker({ ...functions })
