import { execFileSync } from "node:child_process"
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect, it, onTestFinished } from "vitest"
import { isReady, startFixture } from "./spawned.ts"

const root = fileURLToPath(new URL("../../", import.meta.url))
const source = join(root, "packages/supervisor/src/watchdog")

/** The watchdog's folder as the package's build emits it; types are checked elsewhere. */
const compile = (into: string): void => {
  const config = {
    extends: join(root, "packages/supervisor/tsconfig.build.json"),
    compilerOptions: { rootDir: source, outDir: join(into, "watchdog"), noResolve: true, noCheck: true, types: [] },
    include: [source]
  }
  writeFileSync(join(into, "tsconfig.json"), JSON.stringify(config))
  writeFileSync(join(into, "package.json"), JSON.stringify({ type: "module" }))
  execFileSync(join(root, "node_modules/.bin/tsc"), ["-p", into, "--declaration", "false"])
}

it("works as compiled by tsc: the stack of a loop, the call of a thread", async () => {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "holdfast-watchdog-")))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  compile(directory)
  const fifo = join(directory, "fifo")
  execFileSync("mkfifo", [fifo])
  const program = join(directory, "spins.js")
  writeFileSync(
    program,
    `import { readFile } from "node:fs"
     import { Duty } from "./watchdog/Duty.js"
     import { describeWaiting } from "./watchdog/waiting.js"
     new Duty({ channelFd: 5, parentPid: Number(process.argv[2]) }).begin()
     readFile(process.argv[3], () => {})
     const spin = (label) => { for (let round = 0; ; round++) if (label === round) return }
     const look = () => {
       const reads = describeWaiting().some(({ detail }) => detail === "openat " + process.argv[3])
       if (!reads) return setImmediate(look)
       console.log("waits")
       spin("orders")
     }
     look()`
  )
  const fixture = startFixture(program, { args: [fifo] })
  await isReady(fixture)
  await fixture.said("waits")
  const capture = await fixture.link.capture({ withinMs: 5000, resume: false })
  expect(capture?.frames[0]).toMatchObject({ function: "spin", file: program, line: 6, locals: { label: '"orders"' } })
})
