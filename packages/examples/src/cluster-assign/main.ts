/**
 * Assigns samples to the clusters of a k-means model. Samples and labels lie in shared memory: what crosses to a worker
 * is a range, never a sample. `cluster-assign [SAMPLES]`, a million unless said.
 */
import { createPool, SharedArray, Task } from "holdfast"
import { countOf } from "../count.ts"
import { dimensions, fit, type Model, nearest } from "./kmeans.ts"

const clusters = 8

interface Range {
  readonly from: number
  readonly to: number
}

/** A sample near the centre of its blob, `i % clusters`, decided by its number alone. */
const drawSample = (samples: Float32Array, i: number): void => {
  let state = i + 1
  const noise = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32 - 0.5
  }
  const blob = i % clusters
  for (let d = 0; d < dimensions; d++) samples[i * dimensions + d] = ((blob >> d) & 1) * 4 + noise()
}

export const draw = Task.fn(import.meta, "draw", ({ samples, from, to }: Range & { samples: Float32Array }) => {
  for (let i = from; i < to; i++) drawSample(samples, i)
})

interface Assignment extends Range {
  readonly model: Model
  readonly samples: Float32Array
  readonly labels: Uint8Array
}

export const assign = Task.fn(import.meta, "assign", ({ model, samples, labels, from, to }: Assignment) => {
  for (let i = from; i < to; i++) labels[i] = nearest(model, samples, i)
})

/** 0 to `count` in ranges of at most `size`. */
const rangesOf = (count: number, size: number): Array<Range> =>
  Array.from({ length: Math.ceil(count / size) }, (_, n) => ({ from: n * size, to: Math.min((n + 1) * size, count) }))

if (import.meta.main) {
  const count = countOf(process.argv[2], 1_000_000, 1000)
  await using pool = await createPool()
  const samples = SharedArray.make(Float32Array, count * dimensions)
  const labels = SharedArray.make(Uint8Array, count)
  const ranges = rangesOf(count, 10_000)

  await pool.map(draw.with({ samples }), ranges, { progress: "drawing" })
  const model = fit(samples.slice(0, 1000 * dimensions), clusters)
  await pool.map(assign.with({ model, samples, labels }), ranges, { progress: "assigning" })

  const sizes = Array.from({ length: clusters }, () => 0)
  let alike = 0
  for (let i = 0; i < count; i++) {
    const label = labels[i] ?? 0
    sizes[label] = (sizes[label] ?? 0) + 1
    if (label === nearest(model, samples, i) && label === labels[i % clusters]) alike++
  }
  console.log(`${count} samples in clusters of ${sizes.join(", ")}`)
  console.log(`${alike} as a serial loop has them, and with their blob`)
}
