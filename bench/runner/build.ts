/**
 * Sees to it that `packages/*` are built from their present sources, for the build is what is measured. Turbo knows by
 * their content whether they are; if so, this takes a fraction of a second.
 */
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"

/** Builds. Throws an Error with the compiler's output if that fails. */
export const build = (): void => {
  const { status, error, stdout, stderr } = spawnSync("npm", ["run", "build", "--silent"], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    encoding: "utf8"
  })
  if (error !== undefined) throw error
  if (status !== 0)
    throw new Error(`npm run build failed (--no-build measures the last build instead):\n${stdout}${stderr}`)
}
