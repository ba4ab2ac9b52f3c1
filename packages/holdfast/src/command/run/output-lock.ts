/**
 * Keeps two runs from writing one output at a time: their lines would be mixed, and each input of a `--resume` that is
 * given again too early would be run twice. By an abstract socket named after the file, which the system frees with
 * this process, whatever ends it. Where there are none, outside of Linux, nothing is kept.
 */
import type { Stats } from "node:fs"
import { createServer } from "node:net"

const ours = new Set<string>()

/** Takes a regular file until this process ends, once or more; false where another has it. */
export const takeFile = (stats: Stats): Promise<boolean> =>
  new Promise((resolve) => {
    const name = `${stats.dev}-${stats.ino}`
    if (process.platform !== "linux" || !stats.isFile() || ours.has(name)) return resolve(true)
    const server = createServer()
    server.unref()
    // Anything else, such as a permission that is missing, is no reason not to run.
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code !== "EADDRINUSE"))
    server.listen(`\0holdfast-output-${name}`, () => {
      ours.add(name)
      resolve(true)
    })
  })
