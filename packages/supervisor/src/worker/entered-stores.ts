/**
 * Whether a job has entered a store of `AsyncLocalStorage` for good (`enterWith`): what runs behind it in the same scope
 * would find it there. Node tells nobody, so the method notes that it was called, from Node 24 on by each `run` too. Not
 * for the program's own process.
 */
import { AsyncLocalStorage } from "node:async_hooks"

/** How often one was entered, and whether that can be seen. Fields: read for each job. */
export const stores = { entered: 0, areWatched: false }

/** To be called before code of the user's is loaded. */
export const watchStores = (): void => {
  stores.areWatched = true
  const { enterWith } = AsyncLocalStorage.prototype
  const noting = {
    enterWith(this: AsyncLocalStorage<unknown>, store: unknown): void {
      stores.entered++
      enterWith.call(this, store)
    }
  }
  AsyncLocalStorage.prototype.enterWith = noting.enterWith
}
