/** What of the calling process's own Node options its workers get. */
import { expect, it } from "vitest"
import { inheritedExecArgv } from "../../packages/supervisor/src/transport/inherited-options.ts"

it.each([
  ["none", [], []],
  [
    "those a worker needs too, with their values",
    ["--import", "tsx", "--no-warnings"],
    ["--import", "tsx", "--no-warnings"]
  ],
  ["no debugger's port", ["--inspect-brk=0", "--no-warnings"], ["--no-warnings"]],
  ["no profile, nor the value that follows it", ["--cpu-prof", "--cpu-prof-interval", "200"], []],
  ["what comes after a value", ["--cpu-prof-dir", "profiles", "--conditions=x"], ["--conditions=x"]],
  ["no code", ["-e", "1 + 1", "--no-warnings"], ["--no-warnings"]],
  ["no code that begins with a dash", ["-p", "-1", "--no-warnings"], ["--no-warnings"]],
  ["no code behind two flags", ["-p", "-e", "1 + 1", "--no-warnings"], ["--no-warnings"]]
])("gives workers %s", (_what, given, kept) => {
  expect(inheritedExecArgv(given)).toEqual(kept)
})
