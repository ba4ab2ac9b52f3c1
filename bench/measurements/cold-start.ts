/**
 * Time from nothing to the first result, in a fresh parent each time. The import of `holdfast` in the parent is not
 * part of it: that is `import.ts`.
 */
import { digestOf } from "../runner/digest.ts"
import type { Comparison, Contender, Measurement } from "../runner/Measurement.ts"

const fresh = (name: string, file: string, ...args: Array<string>): Contender => ({
  name,
  runtime: "node",
  file: `fresh/${file}`,
  args,
  fresh: true,
  digest: digestOf([49]),
  read: ({ measured }) => measured
})

const ours = (name: string, task: string, workers: number): Contender => fresh(name, "holdfast.mjs", task, `${workers}`)
const bare = (name: string, child: string, count = 1): Contender => fresh(name, "bare-fork.mjs", child, `${count}`)

const EMPTY = "bare fork, empty module"
const EFFECT = "bare fork, the same effect modules"
const SCHEMA = "bare fork, the same with Schema"

const cold = (title: string, against: string, factor: number, contenders: Comparison["contenders"]): Comparison => ({
  title,
  unit: "ms",
  better: "less",
  contenders,
  aims: [{ against, factor }]
})

const plain = cold("a plain function, 2 workers", EMPTY, 1.6, [
  ours("holdfast", "square.mjs", 2),
  bare(EMPTY, "./empty-child.mjs"),
  bare("2 bare forks, the first to answer", "./empty-child.mjs", 2),
  ours("holdfast, task module in TypeScript", "square-typed.ts", 2)
])
const plainAlone = cold("a plain function, 1 worker", EMPTY, 1.6, [
  ours("holdfast", "square.mjs", 1),
  bare(EMPTY, "./empty-child.mjs")
])
const effect = cold("a Task.effect, 2 workers", EFFECT, 1.3, [
  ours("holdfast", "square-effect.mjs", 2),
  bare(EFFECT, "./effect-child.mjs"),
  bare("2 bare forks, the first to answer", "./effect-child.mjs", 2)
])
const effectAlone = cold("a Task.effect, 1 worker", EFFECT, 1.3, [
  ours("holdfast", "square-effect.mjs", 1),
  bare(EFFECT, "./effect-child.mjs")
])
const schemasAlone = cold("a Task.effect with schemas, 1 worker", SCHEMA, 1.3, [
  ours("holdfast", "square-schema.mjs", 1),
  bare(SCHEMA, "./schema-child.mjs")
])

export const coldStart: Measurement = {
  name: "cold-start",
  title: "cold start: from createPool to the first result, in a fresh parent",
  rounds: { full: 9, quick: 3 },
  comparisons: ({ quick }) => (quick ? [plain, effectAlone] : [plain, plainAlone, effect, effectAlone, schemasAlone])
}
