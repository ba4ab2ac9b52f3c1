/**
 * Python's `Manager` and `Pipe`: a list into which every worker writes its pid, and two workers that talk to each
 * other by a pair of queues.
 */
import { createPool, Shared, Task } from "holdfast"

export const signIn = Task.fn(import.meta, "signIn", async (pids: Shared.List<number>) => {
  await pids.push(process.pid)
})

interface End {
  readonly inbox: Shared.Queue<number>
  readonly outbox: Shared.Queue<number>
}

/** Two ends of a pipe. */
const pipe = (): [End, End] => {
  const [there, back] = [Shared.queue<number>(), Shared.queue<number>()]
  return [
    { inbox: back, outbox: there },
    { inbox: there, outbox: back }
  ]
}

/** Sends 1, 2, 3 and closes; what came back. */
export const ask = Task.fn(import.meta, "ask", async ({ inbox, outbox }: End) => {
  const answers: Array<number | undefined> = []
  for (const n of [1, 2, 3]) {
    await outbox.put(n)
    answers.push(await inbox.take())
  }
  await outbox.close()
  return answers
})

/** Answers each number with its tenfold. */
export const answer = Task.fn(import.meta, "answer", async ({ inbox, outbox }: End) => {
  for await (const n of inbox) await outbox.put(n * 10)
})

if (import.meta.main) {
  await using pool = await createPool({ workers: 2 })

  const pids = Shared.list<number>()
  await pool.broadcast(signIn, pids)
  const signed = new Set(await pids.values())
  console.log("all signed in:", signed.size === 2 && pool.workers.every(({ pid }) => signed.has(pid ?? 0)))

  const [one, other] = pipe()
  const answering = pool.submit(answer, other)
  console.log("over the pipe:", await pool.run(ask, one))
  await answering.result()
}
