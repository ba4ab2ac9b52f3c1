/** The worker script of workerpool with the functions of `work.mjs`. */
import workerpool from "workerpool"
import * as work from "./work.mjs"

workerpool.worker({ ...work })
