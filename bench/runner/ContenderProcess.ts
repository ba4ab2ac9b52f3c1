/**
 * The runner's end of one contender: a process that is asked for rounds, line by line of JSON, and ended. A contender
 * that dies, is silent for too long or answers nonsense rejects; it never holds the run up. The other end is
 * `contenders/contender.ts`.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import type { Answer, Contender } from "./Measurement.ts"

const bench = fileURLToPath(new URL("..", import.meta.url))

/** Longer than this, nothing here takes on a machine under load. */
const LONGEST_MS = 60_000
const LAST_WORDS = 2000

/** Its runtime is not installed. */
export class Absent extends Error {}

/** Every contender starts alike, whatever the shell or npm has set for Node. */
const environment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(NODE_|npm_)/.test(name)))

const isAnswer = (value: unknown): value is Omit<Answer, "wallMs"> =>
  typeof value === "object" &&
  value !== null &&
  (["measured", "count", "digest"] as const).every((key) => typeof Reflect.get(value, key) === "number")

export class ContenderProcess {
  readonly #contender: Contender
  readonly #child: ChildProcessWithoutNullStreams
  readonly #lines: AsyncIterator<string>
  readonly #closed: Promise<unknown>
  readonly #startedAt = performance.now()
  #spawnError: NodeJS.ErrnoException | undefined
  #lastWords = ""

  constructor(contender: Contender) {
    this.#contender = contender
    const command = contender.runtime === "node" ? process.execPath : contender.runtime
    // A group of its own, so that its children can be ended with it. When we are gone, the end of its input ends it.
    const child = spawn(command, [contender.file, ...contender.args], {
      cwd: bench,
      env: environment(),
      detached: true
    })
    this.#child = child
    this.#closed = new Promise((resolve) => child.once("close", resolve))
    child.on("error", (error) => {
      this.#spawnError = error
    })
    // A contender that has died gives EPIPE; that it is silent says so too.
    child.stdin.on("error", () => undefined)
    child.stderr.on("data", (bytes: Buffer) => {
      this.#lastWords = (this.#lastWords + String(bytes)).slice(-LAST_WORDS)
    })
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  }

  /** Waits until it has started and warmed up. Only for one that lives through all rounds. */
  async ready(): Promise<void> {
    await this.#line()
  }

  /** One more round of one that lives through them all. */
  async round(): Promise<Answer> {
    const asked = performance.now()
    this.#child.stdin.write("round\n")
    const answer = await this.#answer()
    return { ...answer, wallMs: performance.now() - asked }
  }

  /** The only answer of one that is started anew for every round; it has exited then. */
  async only(): Promise<Answer> {
    const answer = await this.#answer()
    await this.end()
    return { ...answer, wallMs: performance.now() - this.#startedAt }
  }

  async #answer(): Promise<Omit<Answer, "wallMs">> {
    const line = await this.#line()
    let answer: unknown
    try {
      answer = JSON.parse(line)
    } catch {
      answer = undefined
    }
    if (!isAnswer(answer)) throw new Error(`it answered ${line.slice(0, 200)}`)
    return answer
  }

  async #line(): Promise<string> {
    const { done, value } = await this.#within(this.#lines.next())
    if (done !== true) return value
    await this.#closed
    if (this.#spawnError?.code === "ENOENT") throw new Absent(`${this.#contender.runtime} is not installed`)
    const { exitCode, signalCode } = this.#child
    throw new Error(`it ended with ${signalCode ?? exitCode} and said: ${this.#lastWords.trim() || "nothing"}`)
  }

  async #within<A>(promise: Promise<A>): Promise<A> {
    const timer = setTimeout(() => this.kill(), LONGEST_MS)
    try {
      return await promise
    } finally {
      clearTimeout(timer)
    }
  }

  /** Asks it to end and waits until it has; rejects if it does not end well. */
  async end(): Promise<void> {
    this.#child.stdin.end()
    await this.#within(this.#closed)
    const { exitCode, signalCode } = this.#child
    if (exitCode !== 0) throw new Error(`it ended with ${signalCode ?? exitCode}: ${this.#lastWords.trim()}`)
  }

  /** Ends it, and what it started, at once. */
  kill(): void {
    const { pid } = this.#child
    if (pid === undefined) return
    try {
      process.kill(-pid, "SIGKILL")
    } catch {
      // ESRCH: nobody of the group is left.
    }
  }
}
