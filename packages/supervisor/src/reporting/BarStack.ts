/**
 * The bars at the bottom of one terminal, drawn by cli-progress: one for each batch that runs. Leaves a line behind
 * for each that has ended, steps aside for log records and for what the program writes there, and gives up quietly
 * when the terminal is gone. Not what a bar says.
 */
import { cursorTo, moveCursor } from "node:readline"
import { isatty } from "node:tty"
import type { Bar, BarOptions, MultiBar } from "cli-progress"
import { forgivingWrite } from "./forgiving-write.ts"
import { stderrLine, TerminalLine } from "./TerminalLine.ts"
import { tapWrites } from "./tap-writes.ts"

type CliProgress = typeof import("cli-progress")

/** Text of a bar's line; `bar` draws a fraction in so many characters. */
export type DrawLine = (columns: number, bar: (fraction: number, size: number) => string) => string

/** Redrawn so often a second. */
const FPS = 8
const STDOUT = 1

const stacks = new WeakMap<NodeJS.WriteStream, BarStack>()

/** The one stack of a terminal, whichever pools and batches draw there. */
export const barStackOf = (stream: NodeJS.WriteStream): BarStack => {
  const stack = stacks.get(stream) ?? new BarStack(stream)
  stacks.set(stream, stack)
  return stack
}

/** Where else the program may write to the same terminal. */
const neighbours = (stream: NodeJS.WriteStream): ReadonlyArray<NodeJS.WriteStream> => {
  // Looked at by its number first: what is no terminal may be no stream yet, and becomes one of Node's when touched.
  const isShared = stream === process.stderr && isatty(STDOUT) && process.stdout.isTTY === true
  // Once, where a program has made the one out of the other, as the command does.
  return isShared && process.stdout !== stream ? [stream, process.stdout] : [stream]
}

export class BarStack {
  readonly #stream: NodeJS.WriteStream
  readonly #line: TerminalLine
  /** The stream, for the bars to write to; listeners belong to the stream itself. */
  readonly #own: NodeJS.WriteStream
  #bars: MultiBar | undefined
  /** Those that show bars, or will once they can be drawn. */
  #shows = 0
  #leave: () => void = () => undefined
  #drawn = false
  /** The lines on the screen. */
  #lines: Array<string> = []
  #broken = false

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
    const line = stream === process.stderr ? stderrLine : new TerminalLine()
    this.#line = line
    const write = (...args: Parameters<NodeJS.WriteStream["write"]>): boolean => line.own(() => stream.write(...args))
    this.#own = Object.create(stream, { write: { value: write } })
  }

  /**
   * Shows bars, one below the other, as soon as cli-progress is loaded. The returned function takes them away and
   * leaves these lines behind.
   */
  show(draws: ReadonlyArray<DrawLine>): (lastLines: ReadonlyArray<string>) => void {
    if (this.#broken) return () => undefined
    // Before there is a bar: a line that is begun meanwhile would else be drawn over.
    if (this.#shows++ === 0) this.#occupy()
    const removes: Array<() => void> = []
    let over = false
    const add = (cliProgress: CliProgress): void => {
      if (!over && !this.#broken) removes.push(...draws.map((draw) => this.#add(cliProgress, draw)))
    }
    import("cli-progress").then(add, (error: unknown) =>
      process.emitWarning(
        `cli-progress could not be loaded, so no progress is shown. ${String(error)}`,
        "HoldfastWarning"
      )
    )
    return (lastLines) => {
      over = true
      for (const line of lastLines) this.print(line)
      for (const remove of removes) remove()
      if (--this.#shows === 0) this.#leave()
    }
  }

  /** Writes a line that stays, above the bars. */
  print(text: string): void {
    if (this.#broken) return
    this.#line.above(() => this.#write(`${text}\n`))
  }

  #write(text: string): void {
    this.#line.own(() => forgivingWrite(this.#stream, text))
  }

  #occupy(): void {
    const leave = this.#line.occupy({
      clear: () => this.#stepAside(),
      draw: () => this.#bars?.update(),
      newLine: () => this.#write("\n")
    })
    const taps = neighbours(this.#stream).map((stream) =>
      tapWrites(stream, (write, chunk, encoding) => this.#line.program(write, chunk, encoding))
    )
    this.#leave = () => {
      leave()
      for (const untap of taps) untap()
    }
  }

  #add(cliProgress: CliProgress, draw: DrawLine): () => void {
    this.#bars ??= this.#open(cliProgress)
    const bars = this.#bars
    const format = (options: BarOptions, { maxWidth }: { readonly maxWidth: number }): string => {
      const line = draw(maxWidth, (fraction, size) => {
        const complete = Math.floor(fraction * size)
        return options.barCompleteString.slice(0, complete) + options.barIncompleteString.slice(0, size - complete)
      })
      this.#lines.push(line)
      return line
    }
    const bar = bars.create(1, 0, {}, { format })
    bars.timer?.unref()
    if (this.#line.last === "open") this.#stepAside()
    return () => this.#remove(bars, bar)
  }

  #open({ MultiBar: Bars }: CliProgress): MultiBar {
    const bars = new Bars({
      stream: this.#own,
      fps: FPS,
      clearOnComplete: true,
      // Its own notion of what stands on the screen does not survive a clearing.
      forceRedraw: true,
      // Lines are cut to fit. Else it would switch wrapping off for the terminal, and a crash would leave it so.
      linewrap: true,
      barCompleteChar: "█",
      barIncompleteChar: "░"
    })
    bars.on("update-pre", () => {
      if (this.#line.last === "unknown") this.#beginLine()
      if (this.#wrapped() > 0) this.#clear(bars)
      this.#lines = []
    })
    bars.on("update-post", () => {
      this.#drawn = true
      bars.timer?.unref()
    })
    // Once, also if that of the bars before is still there.
    this.#stream.off("error", this.#giveUp)
    this.#stream.on("error", this.#giveUp)
    return bars
  }

  /**
   * Rows that the lines take beyond their own, since the terminal has become narrower. Nearly all terminals wrap
   * then what stands there; on one that cuts it off (xterm) as many lines above are lost.
   */
  #wrapped(): number {
    const columns = this.#stream.columns || 80
    return this.#lines.reduce((sum, line) => sum + Math.max(0, Math.ceil([...line].length / columns) - 1), 0)
  }

  /**
   * Goes to the next line if the cursor is within one, which can't be asked: so many blanks wrap then, and leave it
   * where it is if not. As zsh does before a prompt.
   */
  #beginLine(): void {
    this.#line.ended()
    this.#own.write(" ".repeat(this.#stream.columns || 0))
    cursorTo(this.#own, 0)
  }

  /** Off the screen, and not drawn by a timer either. */
  #stepAside(): void {
    const bars = this.#bars
    if (bars === undefined) return
    this.#clear(bars)
    if (bars.timer !== null) clearTimeout(bars.timer)
  }

  #clear(bars: MultiBar): void {
    if (!this.#drawn) return
    this.#drawn = false
    const wrapped = this.#wrapped()
    if (wrapped > 0) moveCursor(this.#own, 0, -wrapped)
    bars.terminal.cursorRelativeReset()
    bars.terminal.clearBottom()
  }

  // Not by MultiBar.remove, which leaves an empty line and its timer.
  #remove(bars: MultiBar, bar: Bar): void {
    const at = bars.bars.indexOf(bar)
    if (at === -1 || this.#bars !== bars) return
    this.#clear(bars)
    bars.bars.splice(at, 1)
    if (bars.bars.length === 0) this.#close(bars)
    else if (this.#line.last !== "open") bars.update()
  }

  #close(bars: MultiBar): void {
    this.#bars = undefined
    bars.stop()
    // A write that fails says so later.
    this.#own.write("", () => setImmediate(() => this.#bars === undefined && this.#stream.off("error", this.#giveUp)))
  }

  readonly #giveUp = (): void => {
    const bars = this.#bars
    this.#broken = true
    this.#bars = undefined
    this.#leave()
    if (bars?.timer) clearTimeout(bars.timer)
  }
}
