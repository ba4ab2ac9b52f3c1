/**
 * `FinalizationRegistry` as the platform has it, for Holdfast's own. In a worker the global one notes that it was used:
 * what a job makes of it may call code of the job's at any time, so the worker keeps its watchdog (`worker/alone.ts`).
 * Ours call nothing of a job's.
 */

/** Where a worker keeps the platform's. */
const PLATFORMS = Symbol.for("holdfast/FinalizationRegistry")

type Registry = typeof FinalizationRegistry

export const OwnRegistry: Registry =
  (Reflect.get(globalThis, PLATFORMS) as Registry | undefined) ?? FinalizationRegistry

/** Puts another in the global one's place, made from it. */
export const replaceRegistry = (make: (original: Registry) => Registry): void => {
  Object.defineProperty(globalThis, PLATFORMS, { value: FinalizationRegistry })
  Reflect.set(globalThis, "FinalizationRegistry", make(FinalizationRegistry))
}
