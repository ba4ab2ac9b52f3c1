/** A failure that has come, but waits for the lines its job had printed, is settled once and is not lost, whatever comes. */
import { expect } from "vitest"
import { failsWithLostOutput } from "../fixtures/printing.ts"
import { takeNotes } from "./notes.ts"
import { scenario } from "./scenario.ts"
import { failureOf, type Scene, within, withPool } from "./scene.ts"

/** Goes on when the pool has been told that the job failed in its worker, some 250 ms before the caller is told of it. */
const whileFailing = async (play: (scene: Scene, file: string, failing: () => Promise<void>) => Promise<void>) => {
  using notes = takeNotes()
  await withPool({ workers: 1, goesOn: false }, async (scene) => {
    const failing = async (): Promise<void> => {
      await notes.written(1)
      // Its worker has nothing to do any more, though nobody has been told.
      await expect.poll(() => scene.pool.workers[0]?.state, { interval: 2 }).toBe("idle")
    }
    await play(scene, notes.file, failing)
  })
}

scenario("cancelling its handle changes nothing: it has failed, and is told of once", () =>
  whileFailing(async ({ pool, eventsOf }, file, failing) => {
    const handle = pool.submit(failsWithLostOutput, file)
    await failing()
    handle.cancel(new Error("too late"))
    await failureOf("TaskThrew", within(10_000, handle.result()))
    await pool.close()
    expect(eventsOf("JobFailed").length).toBe(1)
  })
)

for (const [what, end] of [
  ["terminating the pool", ({ pool }: Scene) => void pool.terminate()],
  ["closing the pool", ({ pool }: Scene) => void pool.close()],
  ["the worker's death", ({ pool }: Scene) => process.kill(pool.workers[0]?.pid ?? 0, "SIGKILL")]
] as const) {
  scenario(`${what} leaves no hole in the outcomes, and fails a map`, () =>
    whileFailing(async (scene, file, failing) => {
      const { pool } = scene
      const settling = pool.settle(failsWithLostOutput, [file])
      await failing()
      end(scene)
      expect(await within(10_000, settling)).toMatchObject([{ _tag: "Failed", error: { _tag: "TaskThrew" } }])
    })
  )
}

scenario("aborting the batch leaves no hole in the outcomes", () =>
  whileFailing(async ({ pool, eventsOf }, file, failing) => {
    const controller = new AbortController()
    const settling = pool.settle(failsWithLostOutput, [file, file], { chunkSize: 2, signal: controller.signal })
    await failing()
    controller.abort()
    const outcomes = await within(10_000, settling)
    expect(outcomes.map((each) => each._tag === "Failed" && Reflect.get(Object(each.error), "_tag"))).toEqual([
      "TaskThrew",
      expect.stringMatching(/^(TaskThrew|JobCancelled)$/)
    ])
    await expect.poll(() => eventsOf("BatchEnded")).toMatchObject([{ succeeded: 0, failed: 2, notRun: 0 }])
  })
)

scenario("terminating the pool fails a map that collects, rather than to give it holes", () =>
  whileFailing(async ({ pool }, file, failing) => {
    const mapping = pool.map(failsWithLostOutput, [file, file], { onFailure: "collect" })
    await failing()
    void pool.terminate()
    await expect(within(10_000, mapping)).rejects.toMatchObject({ _tag: "TaskThrew" })
  })
)
