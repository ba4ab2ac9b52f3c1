/** The task of mixed programs that is an Effect: a file of its own, so that other workers start without loading Effect. */
import { Task } from "@holdfast/core"
import * as Effect from "effect/Effect"
import { type ActJob, DOING, note } from "./acts.ts"

/** What `actEffect` fails with where the others throw. */
export class Refused extends Error {
  readonly _tag = "Refused"
}

/** The same as an Effect, where there is something of Effect's own to do. */
export const actEffect = Task.effect(import.meta, "actEffect", {
  run: (job: ActJob): Effect.Effect<unknown, Refused> =>
    Effect.suspend(() => {
      note(job)
      if (job.does === "sleeps" || job.does === "listens") return Effect.as(Effect.sleep(job.ms), { id: job.id })
      if (job.does === "throws") return Effect.fail(new Refused(`thrown by ${job.id}`))
      return Effect.promise(async () => DOING[job.does](job))
    })
})
