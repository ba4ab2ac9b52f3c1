/** What is said of a chunk whose task can't be loaded: all of its jobs need that, but an exit is the first one's. */
import type { FromWorker, Run } from "../protocol/messages.ts"
import { faultOfLoading } from "./attempt-fault.ts"

export const tellUnloaded = (
  { chunkId, count }: Run,
  error: unknown,
  sync: number,
  send: (message: FromWorker) => void
): void => {
  const fault = faultOfLoading(error)
  const failed = fault._tag === "Exited" ? 1 : count
  for (let offset = 0; offset < failed; offset++) send({ _tag: "Failed", chunkId, offset, busyMs: 0, sync, fault })
  if (failed < count) send({ _tag: "Returned", chunkId, offset: failed })
}
