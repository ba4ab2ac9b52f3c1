/** What becomes of a job whose result is larger than a message may be. */
import type { Failed, Values } from "../protocol/messages.ts"

export const tooLargeFailure = ({ chunkId, offset, busyMs, payload }: Values, sync: number): Failed => {
  const message = `is larger than 1 GiB (${payload.length} bytes)`
  return { _tag: "Failed", chunkId, offset, busyMs, sync, fault: { _tag: "NotSerializable", path: "", message } }
}
