import { createPool } from "holdfast"
import { expect, it } from "vitest"
import { square } from "../fixtures/plain.ts"
import { expectNoLeaks, snapshotLeaks } from "../setup/leaks.ts"

it("says what Node printed when a worker could not even be started", async () => {
  const before = snapshotLeaks()
  {
    await using pool = await createPool({
      workers: 1,
      execArgv: ["--no-such-flag"],
      restart: { max: 0 },
      logger: false
    })
    const failure: unknown = await pool.run(square, 1).catch((error: unknown) => error)
    expect(failure).toMatchObject({ _tag: "WorkerFailedToStart" })
    expect(String(failure)).toContain("bad option: --no-such-flag")
    expect(failure).not.toHaveProperty("cause")
  }
  await expectNoLeaks(before)
})
