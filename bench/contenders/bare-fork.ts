/**
 * The floor of what Node gives: `child_process.fork` and messages made by hand over its IPC channel. It supervises
 * nothing: a child that dies takes its numbers along, and this program would wait for them for ever.
 */
import { type ChildProcess, fork, type SerializationType } from "node:child_process"
import { contend, numbers, type Prepared, quickest } from "./contender.ts"

const children = (count: number, serialization: SerializationType): Array<ChildProcess> =>
  Array.from({ length: count }, () => fork(new URL("./bare-fork-child.mjs", import.meta.url), { serialization }))

const leave = (all: ReadonlyArray<ChildProcess>): void => {
  for (const child of all) child.disconnect()
}

/** Sends pieces to whichever child has answered, so many to each beforehand; children answer in order. */
const spread = <M extends number | Array<number> | Float64Array>(
  all: ReadonlyArray<ChildProcess>,
  ahead: number,
  pieces: number,
  pieceAt: (piece: number) => M,
  take: (piece: number, answer: M) => void
): Promise<void> =>
  new Promise((resolve) => {
    let sent = 0
    let answered = 0
    const waiting = new Map<ChildProcess, Array<number>>(all.map((child) => [child, []]))
    const send = (child: ChildProcess): void => {
      if (sent === pieces) return
      waiting.get(child)?.push(sent)
      child.send(pieceAt(sent++))
    }
    for (const child of all) {
      child.removeAllListeners("message")
      child.on("message", (answer) => {
        take(waiting.get(child)?.shift() ?? 0, answer as M)
        if (++answered === pieces) resolve()
        else send(child)
      })
    }
    for (let each = 0; each < ahead; each++) for (const child of all) send(child)
  })

const CHUNKS = [1000, 4000, 16_000, 64_000]

const chunked = async (
  count: number,
  how: string,
  pack: (numbers: Array<number>) => Array<number> | Float64Array
): Promise<Prepared> => {
  const inputs = numbers(count)
  const all = children(2, "advanced")
  const round = async (chunk: number): Promise<Array<number>> => {
    const results = new Array<number>(count)
    await spread(
      all,
      2,
      Math.ceil(count / chunk),
      (piece) => pack(inputs.slice(piece * chunk, (piece + 1) * chunk)),
      (piece, squares) => {
        const from = piece * chunk
        for (let at = 0; at < squares.length; at++) results[from + at] = squares[at] as number
      }
    )
    return results
  }
  const best = await quickest(CHUNKS, round)
  return { round: () => round(best), end: () => leave(all), note: `${how}, chunks of ${best}, the best of ${CHUNKS}` }
}

const single = async (count: number, serialization: SerializationType): Promise<Prepared> => {
  const all = children(2, serialization)
  const round = async (): Promise<Array<number>> => {
    const results = new Array<number>(count)
    await spread(
      all,
      64,
      count,
      (n) => n,
      (n, squared) => {
        results[n] = squared
      }
    )
    return results
  }
  return { round, end: () => leave(all), note: `${serialization}, 128 in flight` }
}

const roundTrip = async (count: number, serialization: SerializationType): Promise<Prepared> => {
  const all = children(1, serialization)
  const [child] = all as [ChildProcess]
  let answer: (squared: number) => void = () => undefined
  child.on("message", (squared) => answer(squared as number))
  const ask = (n: number): Promise<number> =>
    new Promise((resolve) => {
      answer = resolve
      child.send(n)
    })
  const round = async (): Promise<Array<number>> => {
    const results: Array<number> = []
    for (let n = 0; n < count; n++) results.push(await ask(n))
    return results
  }
  return { round, end: () => leave(all), note: serialization }
}

await contend({
  "chunks-of-arrays": (count) => chunked(count, "arrays", (numbers) => numbers),
  "chunks-packed": (count) => chunked(count, "Float64Array", (numbers) => Float64Array.from(numbers)),
  "single-json": (count) => single(count, "json"),
  "single-advanced": (count) => single(count, "advanced"),
  "round-trip-json": (count) => roundTrip(count, "json"),
  "round-trip-advanced": (count) => roundTrip(count, "advanced")
})
