/** What a scene needs of a pool, so that one scene can be played on all of them. Each adapter is one file beside this. */

export interface Wanted {
  readonly isolation: "process" | "thread"
  readonly workers: number
  /** The module whose functions the workers run, in `work/`. */
  readonly work: "faulty" | "broken"
  /** Limit of a worker's heap, in MB. */
  readonly heapMB: number | undefined
  /** Where the pool's own events of errors go: what it tells there counts as told. */
  readonly hear: (text: string) => void
}

export interface OpenPool {
  /** One job. With `timeoutMs`, under the pool's own feature for that, if it has one. */
  readonly run: (job: string, input: unknown, timeoutMs: number | undefined) => PromiseLike<unknown>
  /** Many jobs, where the pool has a call for it that tells of each; else each is run by itself. */
  readonly settle?: (job: string, inputs: ReadonlyArray<number>) => Promise<Array<PromiseSettledResult<unknown>>>
  /** Ends it, at once if the pool can. */
  readonly close: () => PromiseLike<unknown>
}

/** What each adapter exports as `open`. */
export type Open = (wanted: Wanted) => OpenPool | Promise<OpenPool>

/** The address of a file in `work/`. */
export const workUrl = (name: string): URL => new URL(`../work/${name}.ts`, import.meta.url)

export const heapFlags = (heapMB: number | undefined): Array<string> =>
  heapMB === undefined ? [] : [`--max-old-space-size=${heapMB}`]

export const heapLimits = (heapMB: number | undefined): { maxOldGenerationSizeMb?: number } =>
  heapMB === undefined ? {} : { maxOldGenerationSizeMb: heapMB }
