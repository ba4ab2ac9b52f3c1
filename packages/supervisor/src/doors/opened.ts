/**
 * The open pool behind what a user holds of it, whichever door that came through: for pipelines, which run on pools of
 * both. Opens and closes none.
 */
import type { OpenPool } from "../pool/open.ts"

const opened = new WeakMap<object, OpenPool>()

/** Notes which pool stands behind an object that a door has given out. */
export const remember = (door: object, open: OpenPool): void => {
  opened.set(door, open)
}

/** The pool behind `value`, if it is one of either door. */
export const openedOf = (value: unknown): OpenPool | undefined =>
  typeof value === "object" && value !== null ? opened.get(value) : undefined
