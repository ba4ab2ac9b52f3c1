/** What workers have noted of their jobs: in which life of a worker each began and ended, and what else happened there. */
import { readFileSync } from "node:fs"
import type { Does, Loading } from "./plan.ts"

export interface Begun {
  readonly id: string
  readonly attempt: number
  /** Process and thread: which of a worker's lives. */
  readonly life: string
  readonly at: number
}

/** What is known of a job by its id. */
export interface Known {
  readonly does: Does
  /** How many of its call one worker runs at once. */
  readonly concurrency: number
}

interface Life {
  readonly begun: Array<Begun>
  readonly loading: Set<Loading>
  /** The most that ran at once there beyond what each of them allows; undefined for never. */
  crowd: string | undefined
}

export class Trace {
  readonly #begun = new Map<string, Array<Begun>>()
  readonly #lives = new Map<string, Life>()
  readonly #known: (id: string) => Known | undefined
  readonly lines: number

  constructor(file: string, known: (id: string) => Known | undefined) {
    this.#known = known
    const running = new Map<string, Set<string>>()
    const lines = readFileSync(file, "utf8").split("\n").slice(0, -1)
    this.lines = lines.length
    for (const line of lines) {
      const [what = "", id = "", attempt = "", life = "", at = ""] = line.split(" ")
      const of = this.#lifeOf(life)
      const now = running.get(life) ?? new Set()
      running.set(life, now)
      if (what === "loading") of.loading.add(id as Loading)
      if (what === "ended") now.delete(`${id}#${attempt}`)
      if (what !== "begun") continue
      const begun = { id, attempt: Number(attempt), life, at: Number(at) }
      of.begun.push(begun)
      this.#begun.set(id, [...this.of(id), begun])
      now.add(`${id}#${attempt}`)
      const most = Math.min(...[...now].map((each) => known(each.split("#")[0] ?? "")?.concurrency ?? Infinity))
      if (now.size > most) of.crowd ??= `${[...now].join()} ran at once in ${life}, of ${most} at most`
    }
  }

  #lifeOf(life: string): Life {
    const of = this.#lives.get(life) ?? { begun: [], loading: new Set(), crowd: undefined }
    this.#lives.set(life, of)
    return of
  }

  /** When and where a job has begun, in its order. */
  of(id: string): ReadonlyArray<Begun> {
    return this.#begun.get(id) ?? []
  }

  /** Whether there, another than this job did one of these, or a module was loaded so. */
  hasOther({ id, life }: Begun, does: ReadonlySet<Does>, loading: ReadonlySet<Loading>): boolean {
    const { begun, loading: loaded } = this.#lifeOf(life)
    if ([...loaded].some((how) => loading.has(how))) return true
    return begun.some((each) => each.id !== id && does.has(this.#known(each.id)?.does ?? "returns"))
  }

  /** In how many of their lives workers began to load a module so. */
  loads(how: Loading): number {
    return [...this.#lives.values()].filter(({ loading }) => loading.has(how)).length
  }

  /** Whether in the life of that process a module was loaded so: of threads, in any. */
  hasLoaded(how: Loading, pid: number | undefined): boolean {
    return [...this.#lives].some(([life, { loading }]) => loading.has(how) && life.startsWith(`${pid}.`))
  }

  /** Attempts that began twice. */
  objections(): Array<string> {
    const wrong: Array<string> = []
    for (const [id, begun] of this.#begun) {
      // What is for each worker is one job for each.
      const attempts = begun.map(({ attempt, life }) => (id.startsWith("b") ? life : attempt))
      const isInline = begun.every(({ life }) => life === `${process.pid}.0`)
      if (id.startsWith("b") && isInline) continue
      if (new Set(attempts).size < attempts.length) wrong.push(`${id} began more than once: ${JSON.stringify(begun)}`)
    }
    return wrong
  }

  /** Where more jobs ran at once, or in all, than a worker is to have. */
  crowds(mostJobs: (ids: ReadonlyArray<string>) => number): Array<string> {
    const wrong: Array<string> = []
    for (const [life, { begun, crowd }] of this.#lives) {
      if (crowd !== undefined) wrong.push(crowd)
      const ids = begun.map(({ id }) => id)
      if (ids.length > mostJobs(ids)) wrong.push(`${ids.length} jobs began in ${life}: ${ids.join()}`)
    }
    return wrong
  }
}
