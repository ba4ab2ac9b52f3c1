/** The end of a worker that has used up its time to start or to end: it is looked at first, so that its end says where. */
import type { Standing } from "../failure/whereabouts.ts"
import type { Slot } from "./Slot.ts"
import type { KillReason, SlotSetup } from "./SlotOwner.ts"

/**
 * Calls `end` with why it would be killed at its end, and with what was seen of it, unless it has got on meanwhile. One
 * that has run no code of the program's is not looked at: nothing is lost with it, and its end is no news.
 */
export const outOfTime = async (
  slot: Slot,
  { configure: { contexts, preload }, owner }: SlotSetup,
  wasReady: boolean,
  end: (reason: KillReason, standing: Standing | undefined) => void
): Promise<void> => {
  const { link, state } = slot
  const hasGone = (): boolean => slot.link !== link || slot.state._tag !== state._tag || link?.hasEnded === true
  if (hasGone()) return
  const hasCode = wasReady || contexts.length + preload.length > 0
  const standing = hasCode ? await owner.lookInto(slot) : undefined
  if (!hasGone()) end(hasCode ? "grace" : "terminated", standing)
}
