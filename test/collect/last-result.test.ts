/**
 * What the last single job gave is the caller's alone: once he has let go of it, it is garbage. Up to Node 24 it was kept
 * by a promise's resolve function, which on 26 knows it no longer; what else might keep it is seen on any.
 */
import { createPool, Task } from "holdfast"
import { expect, it } from "vitest"
import { collectGarbage } from "../fixtures/shared-ends.ts"

const anew = Task.fn(import.meta, "anew", () => ({ large: "value" }))
const fails = Task.fn(import.meta, "fails", (): object => {
  throw new Error("as it should")
})

it("keeps nothing of the last result, nor of the last failure", async () => {
  const pool = await createPool({ workers: 1, isolation: "inline", logger: false })
  const seen = async (): Promise<WeakRef<object>> => new WeakRef(await pool.submit(anew, undefined as never).result())
  const failed = async (): Promise<WeakRef<object>> =>
    new WeakRef(
      await pool
        .submit(fails, undefined as never)
        .result()
        .catch((error: object) => error)
    )
  for (const last of [seen, failed]) {
    const reference = await last()
    await expect
      .poll(async () => {
        await collectGarbage()
        return reference.deref()
      })
      .toBeUndefined()
  }
  await pool.close()
})
