import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import { describe, expect, it } from "vitest"

const resolveModule = join(import.meta.dirname, "../../packages/supervisor/src/options/resolve.ts")

/** Prints the URLs of everything that is loaded with the options. */
const program = `
  import { registerHooks } from "node:module"
  const loaded = []
  registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context) } })
  await import(${JSON.stringify(resolveModule)})
  console.log(JSON.stringify(loaded))
`

describe("the options", () => {
  it("load of Effect what reads durations and sizes, never the barrel, Effect itself or Schema", async () => {
    const flags = ["--conditions=holdfast-source", "--input-type=module", "--eval", program]
    const { stdout } = await promisify(execFile)(process.execPath, flags)
    const loaded: ReadonlyArray<string> = JSON.parse(stdout)
    const ofEffect = loaded.flatMap((url) => /\/effect\/dist\/(.*)\.js$/.exec(url)?.[1] ?? [])
    expect(ofEffect).toEqual(expect.arrayContaining(["Duration", "ByteSize"]))
    expect(ofEffect.filter((name) => ["index", "Effect", "Schema", "Stream", "Layer"].includes(name))).toEqual([])
    expect(loaded.filter((url) => /\/node_modules\/(pino|p-retry|piscina)\//.test(url))).toEqual([])
  })
})
