/**
 * The single jobs of a lane that have not settled, by their index. A Map of so many is copied again and again as it
 * grows and shrinks, and its old tables keep what they held; here they lie in pages, and a page goes once all its jobs
 * have settled. Not their order, nor what becomes of them.
 */
import type { PendingJob } from "./PendingJob.ts"

const PAGE = 512

interface Page {
  readonly jobs: Array<PendingJob | undefined>
  left: number
}

export class JobPages {
  readonly #pages = new Map<number, Page>()
  /** The page that was looked at last, and its number: jobs come and go in their order, mostly. */
  #page: Page | undefined
  #number = -1
  #size = 0

  get size(): number {
    return this.#size
  }

  #find(index: number): Page | undefined {
    const number = Math.floor(index / PAGE)
    if (number !== this.#number) {
      this.#number = number
      this.#page = this.#pages.get(number)
    }
    return this.#page
  }

  add(index: number, job: PendingJob): void {
    let page = this.#find(index)
    if (page === undefined) {
      page = { jobs: [], left: 0 }
      this.#pages.set(this.#number, page)
      this.#page = page
    }
    page.jobs[index % PAGE] = job
    page.left++
    this.#size++
  }

  get(index: number): PendingJob | undefined {
    return this.#find(index)?.jobs[index % PAGE]
  }

  /** Takes a job out. */
  take(index: number): PendingJob | undefined {
    const page = this.#find(index)
    const job = page?.jobs[index % PAGE]
    if (page === undefined || job === undefined) return undefined
    page.jobs[index % PAGE] = undefined
    this.#size--
    if (--page.left === 0) this.#let(page)
    return job
  }

  /** The page that is being filled may be empty for a moment, again and again. */
  #let(page: Page): void {
    if (page.jobs.length < PAGE) return
    this.#pages.delete(this.#number)
    this.#page = undefined
    this.#number = -1
  }
}
