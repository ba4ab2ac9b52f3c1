/** The inputs of the larger measurements and what is to come of them, for contenders and for the runner alike. */
import type { Bounds, Order, Person, Work } from "../tasks/work-types.ts"
import { digestOf } from "./digest.ts"

// By its address: TypeScript knows the types of its twin.
export const work = (await import(new URL("../tasks/work.mjs", import.meta.url).href)) as Work
const { countInRange, MOST_FACTORS, order, person, settle } = work

export const objects = (count: number): Array<Person> => Array.from({ length: count }, (_, id) => person(id))

/** Of the sums that `turn` gives. */
export const digestOfObjects = (count: number): number =>
  digestOf(objects(count).map(({ id, at, tags }) => id + at.x + at.y + tags.length))

export const documents = (count: number): Array<Order> => Array.from({ length: count }, (_, id) => order(id))

/** Of the sums that `settle` gives. */
export const digestOfDocuments = (count: number): number => digestOf(documents(count).map((each) => settle(each).sum))

/** The ranges that numbers are dealt out in, where a program cuts them by hand: enough of them to even out. */
const RANGES = 64

/** The numbers from 2 to `limit`, in ranges. */
export const rangesOf = (limit: number): Array<Bounds> =>
  Array.from({ length: RANGES }, (_, nth) => ({
    from: 2 + Math.floor(((limit - 1) * nth) / RANGES),
    to: 2 + Math.floor(((limit - 1) * (nth + 1)) / RANGES)
  }))

/** The sums of ranges' counts. */
export const countsOf = (all: ReadonlyArray<ReadonlyArray<number>>): Array<number> =>
  Array.from({ length: MOST_FACTORS }, (_, factors) => all.reduce((sum, counts) => sum + (counts[factors] ?? 0), 0))

export const digestOfFactors = (limit: number): number => digestOf(countInRange({ from: 2, to: limit + 1 }))

/** Of so many trips: see `contenders/large.ts`. */
export const digestOfTrips = (count: number): number => digestOf(Array.from({ length: count }, () => [1, 2]).flat())
