/**
 * The floor for a large array between processes: a program of its own for just this, with what the kernel has to copy
 * and nothing else. Files in memory, as ours are; no pool, no frames, no check, room for one array.
 */
import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, openSync, rmSync } from "node:fs"
import type { Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { contend } from "./contender.ts"
import { largeArray, trips } from "./large.ts"
import { endOf } from "./pieces.ts"

/** A file that goes with the last that has it open. */
const nameless = (): number => {
  const folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "holdfast-bench-"))
  try {
    return openSync(join(folder, "array"), "wx+", 0o600)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

await contend({
  large: async (count) => {
    const bytes = largeArray().byteLength
    const [there, back] = [nameless(), nameless()]
    const program = fileURLToPath(new URL("bare-pieces-child.ts", import.meta.url))
    const child = spawn(process.execPath, [program, String(bytes)], {
      stdio: ["ignore", "inherit", "inherit", "pipe", there, back]
    })
    const channel = child.stdio[3] as Socket
    const end = endOf(channel, { incoming: back, outgoing: there, bytes })
    const round = trips(
      count,
      (array) =>
        new Promise((resolve) => {
          end.onArray(resolve)
          end.send(array)
        })
    )
    return { round, end: () => void channel.end(), note: "copied, no pool" }
  }
})
