/**
 * A command as a user's shell would run it: with a user's environment rather than Vitest's or npm's, all that it
 * keeps for itself in a temporary folder, and an end after a minute and a half. Not what is checked about it.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { text } from "node:stream/consumers"

const PATIENCE = 90_000

/** How a command ended, and all it printed. */
export interface Ended {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  readonly cwd: string
  /** For caches, stores and temporary files of the command. */
  readonly temporary: string
}

// npm tells its scripts (these tests) what it was called with; another npm would take that for its own settings.
const USER_VARIABLES =
  /^(PATH|HOME|USER|LANG|LC_.*|(https?|no|all)_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_.*|npm_config_(registry|userconfig)|HOLDFAST_TEST_PROCESS)$/i

const environment = (temporary: string): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => USER_VARIABLES.test(name))),
  TMPDIR: temporary,
  XDG_CACHE_HOME: temporary,
  XDG_DATA_HOME: temporary,
  XDG_STATE_HOME: temporary,
  npm_config_cache: `${temporary}/npm-cache`,
  npm_config_update_notifier: "false",
  NO_COLOR: "1"
})

/** Runs it to its end, whatever that is. Killed after a minute and a half. */
export const run = async (
  command: string,
  args: ReadonlyArray<string>,
  { cwd, temporary }: CommandOptions
): Promise<Ended> => {
  const child = spawn(command, args, {
    cwd,
    env: environment(temporary),
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own: npm's children would hold its pipes open.
    detached: true
  })
  const timer = setTimeout(() => child.pid !== undefined && process.kill(-child.pid, "SIGKILL"), PATIENCE)
  try {
    const [[exitCode, signal], stdout, stderr] = await Promise.all([
      once(child, "close"),
      text(child.stdout),
      text(child.stderr)
    ])
    return { exitCode, signal, stdout, stderr }
  } finally {
    clearTimeout(timer)
  }
}

/** Runs it, and rejects with what it printed unless it ends with 0. */
export const succeed = async (
  command: string,
  args: ReadonlyArray<string>,
  options: CommandOptions
): Promise<Ended> => {
  const ended = await run(command, args, options)
  if (ended.exitCode === 0) return ended
  const how =
    ended.signal === null ? `exited with ${ended.exitCode}` : `was ended by ${ended.signal} (after ${PATIENCE} ms)`
  throw new Error(`${command} ${args.join(" ")} ${how}:\n${ended.stdout}${ended.stderr}`)
}
