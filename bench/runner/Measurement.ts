/**
 * What a measurement is made of: comparisons of contenders, one of which is ours, and the aims they are held against.
 * Plain data: how contenders are run is in `rounds.ts`, how results look in `table.ts`.
 */

/** What a contender's program answers to one round. */
export interface Answer {
  /** What it measured: milliseconds, or bytes where memory is measured. */
  readonly measured: number
  /** How many items it went through. */
  readonly count: number
  /** Of its results in their order (`digest.ts`). */
  readonly digest: number
  /** Milliseconds from its spawn to its exit; where it lives through all rounds, of the round. */
  readonly wallMs: number
  /** How it went about it, such as the chunk size that it found to be best. */
  readonly note: string | undefined
}

/** A program that takes part, in a process of its own. */
export interface Contender {
  readonly name: string
  readonly runtime: "node" | "python3"
  /** The program, as a path below `bench/`. */
  readonly file: string
  readonly args: ReadonlyArray<string>
  /** Started anew for every round, where starting is what is measured; else it lives through all of them. */
  readonly fresh: boolean
  /** The digest that its results must have. */
  readonly digest: number
  /** One answer in the comparison's unit. */
  readonly read: (answer: Answer) => number
}

/** What we want to reach: relative to a contender of the same run, or in the comparison's own unit. */
export type Aim =
  | { readonly against: string; readonly factor: number }
  | { readonly against: undefined; readonly limit: number }

/** Contenders that do the same work, one table. The first is ours. */
export interface Comparison {
  readonly title: string
  readonly unit: "items/s" | "ms" | "µs" | "MB"
  /** Whether more of the unit is better, as with rates, or less. */
  readonly better: "more" | "less"
  readonly contenders: readonly [Contender, ...Array<Contender>]
  /** Rounds of each that are checked and not counted: V8 compiles what runs often, after some hundreds of jobs. */
  readonly warmUp?: number
  readonly aims: ReadonlyArray<Aim>
}

/** How much to do: a full run, or a quick one for a look. */
export interface Size {
  readonly quick: boolean
}

/** One file in `measurements/`. */
export interface Measurement {
  /** What it is called by: `npm run bench -- NAME`. */
  readonly name: string
  readonly title: string
  /** Rounds of a full run, and of a quick one. */
  readonly rounds: { readonly full: number; readonly quick: number }
  readonly comparisons: (size: Size) => ReadonlyArray<Comparison>
  /** What `--detail` adds, as text. */
  readonly detail?: () => Promise<string>
}

/** What came of one contender. */
export interface Row {
  readonly name: string
  readonly note: string | undefined
  /** One value for each round, in the comparison's unit. */
  readonly values: ReadonlyArray<number>
  /** Why it has none. `absent` is no fault: its runtime is not installed. */
  readonly failure: { readonly message: string; readonly absent: boolean } | undefined
}

/** What came of a comparison; rows stand in the order of its contenders. */
export interface Compared {
  readonly comparison: Comparison
  readonly rows: ReadonlyArray<Row>
}
