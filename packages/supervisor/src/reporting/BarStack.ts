/**
 * The bars at the bottom of one terminal, drawn by cli-progress: one for each batch that runs. Leaves a line behind
 * for each that has ended, steps aside for log records, and gives up quietly when the terminal is gone. Not what a
 * bar says.
 */
import { moveCursor } from "node:readline"
import type { Bar, BarOptions, MultiBar } from "cli-progress"
import { forgivingWrite } from "./forgiving-write.ts"
import { stderrLine, TerminalLine } from "./TerminalLine.ts"

type CliProgress = typeof import("cli-progress")

/** Text of a bar's line; `bar` draws a fraction in so many characters. */
export type DrawLine = (columns: number, bar: (fraction: number, size: number) => string) => string

/** Redrawn so often a second. */
const FPS = 8

const stacks = new WeakMap<NodeJS.WriteStream, BarStack>()

/** The one stack of a terminal, whichever pools and batches draw there. */
export const barStackOf = (stream: NodeJS.WriteStream): BarStack => {
  const stack = stacks.get(stream) ?? new BarStack(stream)
  stacks.set(stream, stack)
  return stack
}

export class BarStack {
  readonly #stream: NodeJS.WriteStream
  readonly #line: TerminalLine
  #bars: MultiBar | undefined
  #leave: () => void = () => undefined
  #drawn = false
  /** The lines on the screen. */
  #lines: Array<string> = []
  #broken = false

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
    this.#line = stream === process.stderr ? stderrLine : new TerminalLine()
  }

  /** Adds a bar at the bottom. The returned function takes it away. */
  add(cliProgress: CliProgress, draw: DrawLine): () => void {
    if (this.#broken) return () => undefined
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
    return () => this.#remove(bars, bar)
  }

  /** Writes a line that stays, above the bars. */
  print(text: string): void {
    if (this.#broken) return
    this.#line.above(() => forgivingWrite(this.#stream, `${text}\n`))
  }

  #open({ MultiBar: Bars }: CliProgress): MultiBar {
    const bars = new Bars({
      stream: this.#stream,
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
    this.#leave = this.#line.occupy({ clear: () => this.#clear(bars), draw: () => bars.update() })
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

  #clear(bars: MultiBar): void {
    if (!this.#drawn) return
    this.#drawn = false
    const wrapped = this.#wrapped()
    if (wrapped > 0) moveCursor(this.#stream, 0, -wrapped)
    bars.terminal.cursorRelativeReset()
    bars.terminal.clearBottom()
  }

  // Not by MultiBar.remove, which leaves an empty line and its timer.
  #remove(bars: MultiBar, bar: Bar): void {
    const at = bars.bars.indexOf(bar)
    if (at === -1 || this.#bars !== bars) return
    this.#clear(bars)
    bars.bars.splice(at, 1)
    if (bars.bars.length > 0) bars.update()
    else this.#close(bars)
  }

  #close(bars: MultiBar): void {
    this.#bars = undefined
    this.#leave()
    bars.stop()
    // A write that fails says so later.
    this.#stream.write("", () =>
      setImmediate(() => this.#bars === undefined && this.#stream.off("error", this.#giveUp))
    )
  }

  readonly #giveUp = (): void => {
    const bars = this.#bars
    this.#broken = true
    this.#bars = undefined
    this.#leave()
    if (bars?.timer) clearTimeout(bars.timer)
  }
}
