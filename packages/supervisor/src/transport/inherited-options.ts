/**
 * Which of the calling process's own options of Node its workers get, where they are given none.
 */

/** Options of the calling process that make no sense in a worker, or would make it stop or listen. */
const NOT_INHERITED =
  /^(--inspect|--debug|-e$|--eval|-p$|--print|-c$|--check|-i$|--interactive|--test|--watch|--input-type|--cpu-prof|--heap-prof|--prof|--title)/

const CODE = /^(-e|--eval|-p|--print)$/

/** The calling process's own `execArgv`, as a worker may have it. */
export const inheritedExecArgv = (execArgv: ReadonlyArray<string> = process.execArgv): Array<string> => {
  const kept: Array<string> = []
  for (let at = 0; at < execArgv.length; at++) {
    const each = execArgv[at] as string
    const next = execArgv[at + 1]
    if (!NOT_INHERITED.test(each)) kept.push(each)
    // What follows without a dash is its value, for no argument of the program is in here; code may begin with one.
    else if (next !== undefined && (!next.startsWith("-") || (CODE.test(each) && !CODE.test(next)))) at++
  }
  return kept
}
