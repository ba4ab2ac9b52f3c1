/** The work of the measurements that do more than square a number. No Holdfast is known here. */
import { setTimeout as sleep } from "node:timers/promises"

/** A small object in, a small object out: what such a job costs is its transport. */
export const turn = (/** @type {ReturnType<typeof person>} */ { id, name, at, tags }) => ({
  id,
  name: `${name}!`,
  at: { x: at.y, y: at.x },
  sum: id + at.x + at.y + tags.length
})

/** The object with this number, that `turn` takes. */
export const person = (/** @type {number} */ id) => ({
  id,
  name: `person ${id}`,
  at: { x: id % 360, y: id % 180 },
  tags: ["small", "object"],
  active: id % 2 === 0
})

/** A document in, a document out: an order of 20 lines with 100 readings, in some 50 objects. */
export const settle = (/** @type {ReturnType<typeof order>} */ { lines, readings, ...rest }) => {
  let sum = 0
  for (const { price } of lines) sum += price
  return {
    ...rest,
    lines: lines.map((line) => ({ ...line, price: line.price * 2 })),
    readings: readings.map((reading) => reading + 1),
    sum
  }
}

/** The document with this number, that `settle` takes. */
export const order = (/** @type {number} */ id) => ({
  id,
  customer: { name: `person ${id}`, mail: `person${id}@example.org`, roles: ["buyer", "reader"] },
  lines: Array.from({ length: 20 }, (_, at) => ({
    part: `part ${id % 50}-${at}`,
    price: id + at * 1.5,
    tags: ["new", `t${at}`]
  })),
  readings: Array.from({ length: 100 }, (_, at) => id + at / 2)
})

/** How many distinct prime factors a number has. */
export const countFactors = (/** @type {number} */ number) => {
  let rest = number
  let distinct = 0
  for (let divisor = 2; divisor * divisor <= rest; divisor++) {
    if (rest % divisor !== 0) continue
    distinct++
    while (rest % divisor === 0) rest /= divisor
  }
  return rest > 1 ? distinct + 1 : distinct
}

export const MOST_FACTORS = 8

/** How many of the numbers from `from` to before `to` have 0, 1, 2 … distinct prime factors. */
export const countInRange = (/** @type {{ from: number, to: number }} */ { from, to }) => {
  const counts = new Array(MOST_FACTORS).fill(0)
  for (let number = from; number < to; number++) counts[countFactors(number)]++
  return counts
}

/** The same of every number of a packed array, packed. */
export const countEach = (/** @type {Int32Array} */ numbers) => {
  const found = new Int8Array(numbers.length)
  for (let at = 0; at < numbers.length; at++) found[at] = countFactors(numbers[at])
  return found
}

/** Changes both ends of an array and returns it: all of it travels both ways, and next to nothing is done. */
export const touchEnds = (/** @type {Float64Array} */ array) => {
  array[0] += 1
  array[array.length - 1] += 2
  return array
}

/** The same in memory that both sides see: only their sum travels. */
export const touchShared = (/** @type {Float64Array} */ array) => {
  touchEnds(array)
  return array[0] + array[array.length - 1]
}

export const pidOf = () => process.pid

/** Waits so many milliseconds. */
export const wait = async (/** @type {number} */ ms) => {
  await sleep(ms)
  return ms
}
