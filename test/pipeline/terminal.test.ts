/** Two pipelines at once on a real terminal: what a person sees there while they run, and what is left. */
import { expect, it } from "vitest"
import { openGate } from "../fixtures/gated.ts"
import { hasTmux, onlyWithTmux, onTerminal } from "../fixtures/on-terminal.ts"
import { eventually, scratchFile } from "../pool/places.ts"

it.skipIf(!hasTmux)(`has a bar for each stage of each pipeline, log records above them${onlyWithTmux}`, async () => {
  const file = scratchFile()
  const screen = onTerminal("piped-bars.ts", file)

  const said = Array.from({ length: 5 }, () => expect.stringMatching(/INFO: \[w\d withWords#\d\] it is \d$/))
  const ended = [
    expect.stringMatching(/^some sayings say: 5 done/),
    expect.stringMatching(/^some sayings look: 5 done/)
  ]
  // The stages of the one that has ended have left their last lines; those of the other stand below, each once.
  await eventually(() =>
    expect(screen()).toEqual([
      ...said,
      ...ended,
      expect.stringMatching(/^words check {2}█+░+ {2}\d+\/30 {2}.*\d waiting {2}\d+ failed$/),
      expect.stringMatching(/^words gated {2}█+░+ {2}\d+\/\d+ /),
      // Two for each worker, and one that may have been asked for when the last of these was handed on.
      expect.stringMatching(/^words write {2}░+ {2}0\/\d+ .* [45] waiting$/)
    ])
  )
  openGate(file)
  await eventually(() =>
    expect(screen()).toEqual([
      ...said,
      ...ended,
      expect.stringMatching(/^words check: 30 done .* 10 failed$/),
      expect.stringMatching(/^words gated: 20 done/),
      expect.stringMatching(/^words write: 20 done/),
      "the program has ended"
    ])
  )
})
