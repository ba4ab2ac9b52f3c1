/** Draws errands by fast-check, each from a seed: a pool, and what is asked of its workers' stores, one after another. */
import fc from "fast-check"

export type Isolation = "process" | "thread" | "inline"

export type Kind = "number" | "object" | "list" | "typed" | "map" | "large"

/** What is wrong with a call, if anything is: it is refused, is aborted before, or must be quick. */
export type Flaw = "function" | "option" | "aborted" | "hasty" | undefined

export type Errand =
  | { readonly what: "push"; readonly names: ReadonlyArray<string>; readonly kind: Kind; readonly flaw: Flaw }
  | {
      readonly what: "scatter"
      readonly name: string
      readonly length: number
      readonly typed: boolean
      readonly flaw: Flaw
    }
  | { readonly what: "pull" | "gather" | "broadcast" | "run"; readonly name: string }
  | { readonly what: "resize"; readonly workers: number }
  | { readonly what: "recycle" | "exit" }
  | { readonly what: "kill"; readonly worker: number }
  | { readonly what: "busy"; readonly jobs: number; readonly ms: number }

export interface Errands {
  readonly isolation: Isolation
  readonly door: "promise" | "effect"
  readonly workers: number
  readonly concurrency: number
  readonly spare: number
  readonly errands: ReadonlyArray<Errand>
}

const name = fc.constantFrom("a", "b", "c")
const flaw = fc.constantFrom<Array<Flaw>>(
  undefined,
  undefined,
  undefined,
  undefined,
  "function",
  "option",
  "aborted",
  "hasty"
)

const errand: fc.Arbitrary<Errand> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      what: fc.constant("push" as const),
      names: fc.uniqueArray(name, { minLength: 1, maxLength: 2 }),
      kind: fc.constantFrom<Array<Kind>>("number", "object", "list", "typed", "map", "large"),
      flaw
    })
  },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constant("scatter" as const),
      name,
      length: fc.nat(20),
      typed: fc.boolean(),
      flaw: flaw.map((drawn) => (drawn === "function" ? undefined : drawn))
    })
  },
  { weight: 6, arbitrary: fc.record({ what: fc.constantFrom("pull", "gather", "gather", "broadcast", "run"), name }) },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constant("resize" as const), workers: fc.integer({ min: 1, max: 4 }) })
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constantFrom("recycle", "exit", "exit") }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("kill" as const), worker: fc.nat(3) }) },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constant("busy" as const), jobs: fc.nat(12), ms: fc.constantFrom(0, 5, 40) })
  }
)

const drawn = (isolation: Isolation): fc.Arbitrary<Errands> =>
  fc.record({
    isolation: fc.constant(isolation),
    door: fc.constantFrom("promise", "effect"),
    workers: fc.integer({ min: 1, max: 3 }),
    concurrency: fc.constantFrom(1, 1, 3),
    spare: fc.constantFrom(0, 0, 1),
    errands: fc.array(errand, { minLength: 4, maxLength: 24, size: "max" })
  })

const fits = (isolation: Isolation, { what }: Errand): boolean =>
  isolation === "process" || (what !== "kill" && (isolation === "thread" || what !== "exit"))

/** The errands of a seed: always the same ones. */
export const errandsOf = (isolation: Isolation, seed: number): Errands => {
  const [errands] = fc.sample(drawn(isolation), { seed, numRuns: 1 })
  if (errands === undefined) throw new Error(`no errands for the seed ${seed}`)
  return { ...errands, errands: errands.errands.filter((each) => fits(isolation, each)) }
}
