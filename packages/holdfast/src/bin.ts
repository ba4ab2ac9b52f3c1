/**
 * The `holdfast` program: hands its words to the command line and exits with what that answers. No logic. Node keeps
 * what it has compiled of it from one start to the next.
 */
import { readFileSync } from "node:fs"
import { enableCompileCache } from "node:module"

enableCompileCache()

const run = async (): Promise<void> => {
  const { main } = await import("./command/main.ts")
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8")
  const { version } = JSON.parse(manifest) as { version: string }
  const exitCode = await main(process.argv.slice(2), version)
  // Not by itself: a task's module may hold this process open, which has nothing left to do.
  process.stdout.on("error", () => process.exit(exitCode))
  process.stdout.write("", () => process.exit(exitCode))
}

// Not awaited here: of a task's module that never comes to its end, Node would say that this file has not.
void run()
