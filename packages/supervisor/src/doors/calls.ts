/** Every kind of call, in one place, for the doors. */
export { admit, type Call, nobody } from "./admission.ts"
export { type Running, startArray, startStage, startStream } from "./batches.ts"
export { cancelJob, type Special, startAll, startAnother, startSingle } from "./singles.ts"
