/**
 * A worker that has just come is given what was pushed to all workers, before it runs anything else.
 */
import { PendingJob } from "../collect/PendingJob.ts"
import { CallSite } from "../failure/call-site.ts"
import { resolveCallOptions } from "../options/resolve.ts"
import type { Slot } from "../slot/Slot.ts"
import { put } from "../worker/store-tasks.ts"
import type { Engine } from "./Engine.ts"

export const restoreStore = (engine: Engine, { id }: Slot): void => {
  const owed = engine.stores.owedTo(id)
  if (owed === undefined || engine.phase === "closed" || engine.phase === "broken") return
  engine.stores.restoring(id)
  const call = resolveCallOptions(engine.options, put, { priority: Number.MAX_VALUE }, "broadcast")
  const special = { target: id, partials: undefined }
  const job = engine.submit(put, owed, call, new CallSite(restoreStore), PendingJob, false, special)
  PendingJob.onSettled(job, ({ _tag }) => {
    engine.stores.restored(id, _tag === "Succeeded")
    engine.pumpSoon()
  })
}
