/** The end of a worker that has used up its time to start or to end: it is looked at first, so that its end says where. */
import type { Standing } from "../failure/whereabouts.ts"
import type { Slot } from "./Slot.ts"

/** Calls `end` with what was seen, if `look` sees anything; not where the worker has got on meanwhile. */
export const outOfTime = async (
  slot: Slot,
  look: ((slot: Slot) => Promise<Standing> | undefined) | undefined,
  end: (standing: Standing | undefined) => void
): Promise<void> => {
  const { link, state } = slot
  const hasGone = (): boolean => slot.link !== link || slot.state._tag !== state._tag || slot.link?.hasEnded === true
  if (hasGone()) return
  const standing = await look?.(slot)
  if (!hasGone()) end(standing)
}
