/**
 * Whether the program has descriptors enough left to start a process. Not what becomes of a worker that can't be
 * started.
 */
import { closeSync, openSync } from "node:fs"

/**
 * Throws EMFILE, as `call` would, where there are not `count` of them. Node leaves the socket pairs of a child open for
 * ever if none is left for the last thing it opens: a program short of them would lose four more with each try.
 */
export const refuseWithout = (count: number, call: string): void => {
  const taken: Array<number> = []
  try {
    while (taken.length < count) taken.push(openSync("/dev/null", "r"))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // Without a /dev/null to try it with, Node's own attempt shall tell.
    if (code !== "EMFILE" && code !== "ENFILE") return
    const whose = code === "EMFILE" ? "the program" : "the system"
    const message = `${call} ${process.execPath} ${code}: ${whose} has too few file descriptors left`
    throw Object.assign(new Error(message), { code })
  } finally {
    for (const descriptor of taken) closeSync(descriptor)
  }
}
