/**
 * How many frames the errors of a worker keep. Node's ten end in the middle of a library where one throws deep inside of
 * it, before the line of the job's own code that called it.
 */
import { limitStackTraces } from "../protocol/stack-trace-limit.ts"

const USUAL = 10
const DEEP = 50

/** Where the program itself says how many (`--stack-trace-limit`), that holds. */
export const deepenStacks = (): void => {
  if (Error.stackTraceLimit === USUAL) limitStackTraces(DEEP)
}
