import { expect, it } from "vitest"
import type { Define } from "../../packages/supervisor/src/protocol/messages.ts"
import type { Contexts } from "../../packages/supervisor/src/worker/contexts.ts"
import type { Runnable } from "../../packages/supervisor/src/worker/runnable.ts"
import { TaskShelf } from "../../packages/supervisor/src/worker/task-shelf.ts"

const runnable: Runnable = { name: "square", run: (n) => n }

it("a task is loaded for the first job that asks for it, once, and not before: its module may end the worker", async () => {
  const loaded: Array<string> = []
  const shelf = new TaskShelf({} as Contexts, async ({ name }) => {
    loaded.push(name)
    return runnable
  })
  shelf.define({ taskId: 1, name: "square" } as Define, 1000)
  expect(loaded).toEqual([])
  const loading = shelf.get(1)
  expect(shelf.get(1)).toBe(loading)
  expect(await loading).toBe(runnable)
  expect(shelf.get(1)).toBe(runnable)
  expect(loaded).toEqual(["square"])
  expect(shelf.get(2)).toBeUndefined()
})

it("a task that is forgotten is there no longer, asked for before or not, and stays away once it has loaded", async () => {
  const shelf = new TaskShelf({} as Contexts, async () => runnable)
  shelf.define({ taskId: 1, name: "square" } as Define, 1000)
  shelf.define({ taskId: 2, name: "square" } as Define, 1000)
  const loading = shelf.get(1)
  shelf.forget(1)
  shelf.forget(2)
  expect(await loading).toBe(runnable)
  expect([shelf.get(1), shelf.get(2)]).toEqual([undefined, undefined])
})
