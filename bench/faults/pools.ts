/** The pools that take part, as plain data: nothing of them is imported here. How each is set up is in `adapters/`. */

export interface Contestant {
  readonly name: string
  readonly packageName: string
  /** The file in `adapters/`, without its ending. */
  readonly adapter: string
  readonly isolation: "process" | "thread"
  /** Its own feature to limit a job's time, in words. */
  readonly timeLimit: string | undefined
}

const both = (
  packageName: string,
  timeLimit: string | undefined,
  processes = packageName,
  threads = `${packageName}, threads`
): Array<Contestant> => [
  { name: processes, packageName, adapter: packageName, isolation: "process", timeLimit },
  { name: threads, packageName, adapter: packageName, isolation: "thread", timeLimit }
]

/** Ours first. */
export const contestants: ReadonlyArray<Contestant> = [
  ...both("holdfast", "`timeout`"),
  { name: "piscina", packageName: "piscina", adapter: "piscina", isolation: "thread", timeLimit: "an `AbortSignal`" },
  ...both("tinypool", "an `AbortSignal`"),
  ...both("workerpool", "`.timeout(ms)`"),
  ...both("poolifier", "an `AbortSignal`", "poolifier, cluster"),
  ...both("jest-worker", undefined)
]
