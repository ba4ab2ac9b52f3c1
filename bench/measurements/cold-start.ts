/**
 * Time from nothing to the first result, in a fresh parent each time. The import of `holdfast` in the parent is not
 * part of it: that is `import.ts`.
 */
import { digestOf } from "../runner/digest.ts"
import { fresh } from "../runner/entrants.ts"
import type { Comparison, Contender, Measurement } from "../runner/Measurement.ts"

const started = (name: string, file: string, ...args: Array<string>): Contender =>
  fresh(name, file, args, { digest: digestOf([49]), read: ({ measured }) => measured })

const ours = (name: string, task: string, workers: number, ...how: Array<"anew">): Contender =>
  started(name, "holdfast.mjs", task, `${workers}`, ...how)
const bare = (name: string, child: string, count = 1, ...how: Array<"kept">): Contender =>
  started(name, "bare-fork.mjs", child, `${count}`, ...how)

/** As it is where no worker has ended yet, or where nothing can be kept. */
const ANEW = "holdfast, nothing compiled before"

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
  bare(EMPTY, "./empty-child.mjs"),
  started("bare spawn, with what a supervised worker starts", "bare-guarded.mjs"),
  ours(ANEW, "square.mjs", 1, "anew")
])
const effect = cold("a Task.effect, 2 workers", EFFECT, 1.3, [
  ours("holdfast", "square-effect.mjs", 2),
  bare(EFFECT, "./effect-child.mjs"),
  bare("2 bare forks, the first to answer", "./effect-child.mjs", 2)
])
const effectAlone = cold("a Task.effect, 1 worker", EFFECT, 1.3, [
  ours("holdfast", "square-effect.mjs", 1),
  bare(EFFECT, "./effect-child.mjs"),
  ours(ANEW, "square-effect.mjs", 1, "anew"),
  bare("bare fork, its compiled code kept too", "./effect-child.mjs", 1, "kept")
])
const schemasAlone = cold("a Task.effect with schemas, 1 worker", SCHEMA, 1.3, [
  ours("holdfast", "square-schema.mjs", 1),
  bare(SCHEMA, "./schema-child.mjs"),
  ours(ANEW, "square-schema.mjs", 1, "anew"),
  bare("bare fork, its compiled code kept too", "./schema-child.mjs", 1, "kept")
])

export const coldStart: Measurement = {
  name: "cold-start",
  title: "cold start: from createPool to the first result, in a fresh parent",
  rounds: { full: 9, quick: 3 },
  comparisons: ({ quick }) => (quick ? [plain, effectAlone] : [plain, plainAlone, effect, effectAlone, schemasAlone])
}
