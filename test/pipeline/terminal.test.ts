/** Two pipelines at once on a real terminal: what a person sees there while they run, and what is left. */
import { execFileSync, spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect, it, onTestFinished } from "vitest"
import { openGate } from "../fixtures/gated.ts"
import { eventually } from "../pool/places.ts"

const hasTmux = spawnSync("tmux", ["-V"]).status === 0
const onlyWithTmux = hasTmux ? "" : " (left out: there is no tmux on this machine)"

/** Runs the program on a terminal of its own. Gives what its screen shows. */
const onTerminal = (file: string, folder: string): (() => ReadonlyArray<string>) => {
  const tmux = (...args: ReadonlyArray<string>): string =>
    execFileSync("tmux", ["-S", join(folder, "tmux"), "-f", "/dev/null", ...args], {
      encoding: "utf8",
      timeout: 10_000
    })
  const program = fileURLToPath(new URL("../fixtures/piped-bars.ts", import.meta.url))
  const script = join(folder, "run.sh")
  // The pane stays until the test has read it.
  writeFileSync(
    script,
    `'${process.execPath}' --conditions=holdfast-source '${program}' '${file}'\nwhile test -e '${script}'; do sleep 0.1; done\n`
  )
  tmux("new-session", "-d", "-x", "90", "-y", "30", `bash '${script}'`)
  onTestFinished(() => {
    tmux("kill-server")
  })
  return () => tmux("capture-pane", "-p").trimEnd().split("\n")
}

it.skipIf(!hasTmux)(`has a bar for each stage of each pipeline, log records above them${onlyWithTmux}`, async () => {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-terminal-"))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, "noted")
  const screen = onTerminal(file, folder)

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
      expect.stringMatching(/^words write {2}░+ {2}0\/\d+ .* 4 waiting$/)
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
