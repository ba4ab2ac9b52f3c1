/**
 * A headless browser of this machine, spoken to over a pipe by the DevTools protocol: for looking at a report as people
 * do. It is no dependency: where there is none, `findBrowser` says so, and nothing is tried.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import type { Readable, Writable } from "node:stream"
import { expect } from "vitest"

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome-headless-shell"]

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Where a browser is, by one of the usual names on the PATH. */
export const findBrowser = (): string | undefined => {
  const folders = (process.env.PATH ?? "").split(delimiter)
  const usual = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)))
  return usual.find(isProgram)
}

type Message = Readonly<Record<string, unknown>>

const PATIENCE_MS = 60_000

export class Browser implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #folder: string
  readonly #waiting = new Map<number, { resolve(result: never): void; reject(error: Error): void }>()
  #lastId = 0
  #session: string | undefined
  /** What the pages have complained of: errors, refused scripts. */
  readonly complaints: Array<string> = []
  /** What was asked for from anywhere. */
  readonly requests: Array<string> = []

  private constructor(program: string) {
    this.#folder = mkdtempSync(join(tmpdir(), "holdfast-browser-"))
    const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-breakpad", "--no-first-run"]
    this.#child = spawn(
      program,
      [
        ...flags,
        "--window-size=1400,1000",
        `--user-data-dir=${this.#folder}`,
        "--remote-debugging-pipe",
        "about:blank"
      ],
      {
        stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
        detached: true,
        // Its home too, for it keeps crash reports and caches there.
        env: { ...process.env, HOME: this.#folder, TMPDIR: this.#folder, XDG_CONFIG_HOME: "", XDG_CACHE_HOME: "" }
      }
    )
    let text = ""
    const answers = this.#child.stdio[4] as Readable
    answers.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk
      const parts = text.split("\0")
      text = parts.pop() ?? ""
      for (const part of parts) this.#take(JSON.parse(part))
    })
    this.#child.on("exit", () => {
      for (const { reject } of this.#waiting.values()) reject(new Error("the browser has ended"))
    })
  }

  static async open(program: string): Promise<Browser> {
    const browser = new Browser(program)
    try {
      const { targetId } = await browser.#send<{ targetId: string }>("Target.createTarget", { url: "about:blank" })
      const attached = await browser.#send<{ sessionId: string }>("Target.attachToTarget", { targetId, flatten: true })
      browser.#session = attached.sessionId
      for (const domain of ["Page", "Runtime", "Log", "Network"]) await browser.send(`${domain}.enable`)
      return browser
    } catch (error) {
      await browser[Symbol.asyncDispose]()
      throw error
    }
  }

  #take({ error, id, method, params, result }: Message): void {
    if (typeof id === "number") {
      const waiting = this.#waiting.get(id)
      this.#waiting.delete(id)
      if (error === undefined) waiting?.resolve(result as never)
      else waiting?.reject(new Error(JSON.stringify(error)))
    }
    const level = (params as { readonly entry?: { readonly level?: string } } | undefined)?.entry?.level
    if (method === "Runtime.exceptionThrown" || level === "error") this.complaints.push(JSON.stringify(params))
    if (method === "Network.requestWillBeSent") this.requests.push((params as { request: { url: string } }).request.url)
  }

  #send<A = unknown>(method: string, params: Message = {}): Promise<A> {
    const id = ++this.#lastId
    const session = this.#session === undefined ? {} : { sessionId: this.#session }
    return new Promise<A>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      const pipe = this.#child.stdio[3] as Writable
      pipe.write(`${JSON.stringify({ id, method, params, ...session })}\0`)
    })
  }

  /** Sends a command of the DevTools protocol to the page. */
  send<A = unknown>(method: string, params?: Message): Promise<A> {
    return this.#send(method, params)
  }

  /** Opens a page; done when it has loaded. */
  async goTo(url: string): Promise<void> {
    await this.send("Page.navigate", { url })
    await this.until(`document.readyState === "complete" && location.href === ${JSON.stringify(url)}`)
  }

  /** The value of an expression in the page. */
  async evaluate(expression: string): Promise<unknown> {
    const { exceptionDetails, result } = await this.send<{ result: { value: unknown }; exceptionDetails?: unknown }>(
      "Runtime.evaluate",
      { expression, returnByValue: true, awaitPromise: true }
    )
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails))
    return result.value
  }

  /** Waits until an expression is true in the page. */
  async until(expression: string): Promise<void> {
    await expect.poll(() => this.evaluate(expression).catch(() => false), { timeout: PATIENCE_MS }).toBe(true)
  }

  /** Presses a key. */
  async press(key: string, text?: string): Promise<void> {
    await this.send("Input.dispatchKeyEvent", { type: "keyDown", key, ...(text === undefined ? {} : { text }) })
    await this.send("Input.dispatchKeyEvent", { type: "keyUp", key })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { pid } = this.#child
    const ended = new Promise<void>((resolve) => {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) resolve()
      else this.#child.once("close", () => resolve())
    })
    if (pid !== undefined) process.kill(-pid, "SIGKILL")
    await ended
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
  }
}
