/**
 * Runs one drawn program apart from all else: in a folder of its own, which holds its temporary files, too. What it
 * leaves behind, warns of or rejects unheard is objected to.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expectNoLeaks, snapshotLeaks } from "../../setup/leaks.ts"

/** Where it runs; `file` is empty at first. */
export interface Place {
  readonly folder: string
  readonly file: string
}

/** What to run: `mayWarn` where its inputs fail when nobody may read them any more. `play` gives its objections. */
export interface Program {
  readonly mayWarn: boolean
  readonly play: (place: Place) => Promise<ReadonlyArray<string>>
}

export const apart = async ({ mayWarn, play }: Program): Promise<ReadonlyArray<string>> => {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-mixed-"))
  const file = join(folder, "executions")
  writeFileSync(file, "")
  const temporary = join(folder, "tmp")
  mkdirSync(temporary)
  const usual = Reflect.get(process.env, "TMPDIR") as string | undefined
  Reflect.set(process.env, "TMPDIR", temporary)
  const stray: Array<string> = []
  const onWarning = (warning: Error): void => {
    if (!mayWarn || warning.name !== "HoldfastWarning") stray.push(`warning: ${warning.stack ?? warning.message}`)
  }
  const onRejection = (reason: unknown): void => {
    stray.push(`unhandled rejection: ${reason instanceof Error ? reason.stack : String(reason)}`)
  }
  process.on("warning", onWarning).on("unhandledRejection", onRejection)
  void [process.stdout, process.stderr]
  const before = snapshotLeaks()
  try {
    const wrong = await play({ folder, file })
    const left = await expectNoLeaks(before, 10_000).then(
      () => [],
      (error) => [String(error)]
    )
    const files = readdirSync(temporary).map((name) => `left a temporary file: ${name}`)
    return [...wrong, ...left, ...files, ...stray]
  } catch (error) {
    return [`the program itself failed: ${error instanceof Error ? error.stack : String(error)}`]
  } finally {
    process.off("warning", onWarning).off("unhandledRejection", onRejection)
    if (usual === undefined) Reflect.deleteProperty(process.env, "TMPDIR")
    else Reflect.set(process.env, "TMPDIR", usual)
    rmSync(folder, { recursive: true, force: true })
  }
}
