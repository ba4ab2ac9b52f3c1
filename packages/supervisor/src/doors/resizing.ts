/**
 * Calls that change the set of a pool's workers, `resize` and `recycle`, for both doors: checks them, nothing more.
 */
import type { CallSite } from "../failure/call-site.ts"
import { resolvePoolOption } from "../options/resolve.ts"
import type { Engine } from "../pool/Engine.ts"
import { nobody, refusalOf } from "./admission.ts"

const admitChange = (engine: Engine, where: "resize" | "recycle", callSite: CallSite): void => {
  const refusal = refusalOf(engine, { where, callSite }, nobody({ name: where, module: "holdfast" }, undefined))
  if (refusal !== undefined) throw refusal
}

/** Rejects with `InvalidOptions`, or with what a pool that takes nothing in fails with. */
export const resizeTo = async (engine: Engine, workers: number, callSite: CallSite): Promise<void> => {
  const checked = resolvePoolOption("workers", workers ?? null, "pool.resize")
  admitChange(engine, "resize", callSite)
  await engine.crew.resize(checked)
}

/** Rejects with what a pool that takes nothing in fails with. */
export const recycleAll = async (engine: Engine, callSite: CallSite): Promise<void> => {
  admitChange(engine, "recycle", callSite)
  await engine.crew.recycle()
}
