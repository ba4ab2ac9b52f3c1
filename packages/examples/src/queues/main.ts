/** Long-lived workers, fed by one queue and answering on another, until the first is closed: `queues [COUNT]`. */
import { createPool, Shared, Task } from "holdfast"
import { countOf } from "../count.ts"

interface Belt {
  readonly work: Shared.Queue<number>
  readonly done: Shared.Queue<{ readonly n: number; readonly square: number; readonly pid: number }>
}

export const serve = Task.fn(import.meta, "serve", async ({ work, done }: Belt) => {
  let served = 0
  for await (const n of work) {
    await done.put({ n, square: n * n, pid: process.pid })
    served++
  }
  return served
})

if (import.meta.main) {
  const count = countOf(process.argv[2], 10)
  await using pool = await createPool({ workers: 2 })
  const belt: Belt = { work: Shared.queue({ capacity: 4 }), done: Shared.queue() }
  const servers = pool.workers.map(() => pool.submit(serve, belt))

  const feed = async (): Promise<void> => {
    for (let n = 0; n < count; n++) await belt.work.put(n) // waits while the queue is full
    await belt.work.close()
    await Promise.all(servers.map((server) => server.result()))
    await belt.done.close()
  }
  const feeding = feed()

  const squares: Array<number> = []
  for await (const { n, square } of belt.done) squares[n] = square
  await feeding
  console.log(squares)
  const served = await Promise.all(servers.map((server) => server.result()))
  console.log(`${served.reduce((sum, n) => sum + n, 0)} served by ${served.length} workers`)
}
