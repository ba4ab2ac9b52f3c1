/**
 * The floor for the larger work: the same functions in this process, or in two bare forks that are told once what to
 * do and answer once. As in `bare-fork.ts`, nothing is supervised.
 */
import { type ChildProcess, fork } from "node:child_process"
import { countsOf, documents, objects, rangesOf, work } from "../runner/work.ts"
import { contend, numbers, type Prepared } from "./contender.ts"
import { trips } from "./large.ts"

const waiting = new WeakMap<ChildProcess, Array<(answer: Array<unknown>) => void>>()

/** Children answer in the order in which they were asked. */
const started = (): ChildProcess => {
  const child = fork(new URL("./bare-work-child.mjs", import.meta.url), { serialization: "advanced" })
  const resolvers: Array<(answer: Array<unknown>) => void> = []
  waiting.set(child, resolvers)
  child.on("message", (answer) => resolvers.shift()?.(answer as Array<unknown>))
  return child
}

const ask = (child: ChildProcess, job: string, inputs: ReadonlyArray<unknown>): Promise<Array<unknown>> =>
  new Promise((resolve) => {
    waiting.get(child)?.push(resolve)
    child.send({ job, inputs })
  })

const prepared = (
  count: number,
  note: string,
  toRound: (all: ReadonlyArray<ChildProcess>) => Prepared["round"]
): Prepared => {
  const all = Array.from({ length: count }, started)
  const end = (): void => {
    for (const child of all) child.disconnect()
  }
  return { round: toRound(all), end, note }
}

/** Many objects at once, in and out: what comes of each has a sum. */
const inChunks = (inputs: ReadonlyArray<object>, job: string, chunk: number): Prepared =>
  prepared(2, `chunks of ${chunk}`, (all) => async () => {
    const sums = new Array<number>(inputs.length)
    let next = 0
    const feed = async (child: ChildProcess): Promise<void> => {
      while (next < inputs.length) {
        const from = next
        next += chunk
        const answers = (await ask(child, job, inputs.slice(from, from + chunk))) as Array<{ sum: number }>
        for (const [at, { sum }] of answers.entries()) sums[from + at] = sum
      }
    }
    await Promise.all(all.map(feed))
    return sums
  })

await contend({
  serial: async (count) => ({
    round: async () => work.countInRange({ from: 2, to: count + 1 }),
    end: () => undefined,
    note: "in this process"
  }),
  // Every second range each: two halves would not take alike long.
  factors: async (count) => {
    const ranges = rangesOf(count)
    return prepared(2, "every second range each", (all) => async () => {
      const parts = all.map((child, nth) =>
        ask(
          child,
          "countInRange",
          ranges.filter((_, at) => at % 2 === nth)
        )
      )
      return countsOf((await Promise.all(parts)).flat() as Array<Array<number>>)
    })
  },
  // What it takes to hand out every range and get an answer for each, as a pool has to that evens its workers out.
  "ranges-each": async (count) => {
    const ranges = rangesOf(count)
    return prepared(2, `${ranges.length} ranges, a message each`, (all) => async () => {
      const found = new Array<Array<number>>(ranges.length)
      let next = 0
      const feed = async (child: ChildProcess): Promise<void> => {
        while (next < ranges.length) {
          const at = next++
          found[at] = (await ask(child, "countInRange", [ranges[at]]))[0] as Array<number>
        }
      }
      await Promise.all([...all, ...all].map(feed))
      return countsOf(found)
    })
  },
  // What it takes to hand out every number and get an answer for each, with nothing of a pool around it.
  "factors-each": async (count) => {
    const inputs = numbers(count + 1).slice(2)
    const CHUNK = 8000
    return prepared(2, `every number, packed chunks of ${CHUNK}`, (all) => async () => {
      const found = new Array<number>(inputs.length)
      let next = 0
      const feed = async (child: ChildProcess): Promise<void> => {
        while (next < inputs.length) {
          const from = next
          next += CHUNK
          const chunk = Int32Array.from(inputs.slice(from, from + CHUNK))
          const answers = (await ask(child, "countEach", [chunk]))[0] as Int8Array
          for (let at = 0; at < answers.length; at++) found[from + at] = answers[at] as number
        }
      }
      // Two at a time each, so that no child waits for its parent.
      await Promise.all([...all, ...all].map(feed))
      const counts = new Array<number>(work.MOST_FACTORS).fill(0)
      for (const factors of found) counts[factors] = (counts[factors] ?? 0) + 1
      return counts
    })
  },
  // As many promises as jobs would have, without any job: resolved 1,024 at a time, as answers come.
  promises: async (count) => ({
    round: async () => {
      const results: Array<number> = []
      for (let left = Math.max(1, Math.ceil(100_000 / count)); left > 0; left--) {
        const resolvers: Array<(square: number) => void> = []
        const all = Promise.all(
          Array.from({ length: count }, () => new Promise<number>((resolve) => resolvers.push(resolve)))
        )
        for (let at = 0; at < count; at++) {
          if (at % 1024 === 0) await new Promise((resolve) => setImmediate(resolve))
          resolvers[at]?.(at * at)
        }
        for (const result of await all) results.push(result)
      }
      return results
    },
    end: () => undefined,
    note: "no pool, no job"
  }),
  objects: async (count) => inChunks(objects(count), "turn", 1000),
  documents: async (count) => inChunks(documents(count), "settle", 100),
  large: async (count) =>
    prepared(1, "copied", ([child]) =>
      trips(count, async (array) => (await ask(child as ChildProcess, "touchEnds", [array]))[0])
    )
})
