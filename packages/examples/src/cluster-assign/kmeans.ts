/**
 * A k-means model: `fit` finds the centres (Lloyd's algorithm, from centres far apart), `nearest` assigns a sample.
 * Samples lie one behind the other in one array, `dimensions` numbers each. It knows nothing of workers.
 */
export const dimensions = 4

/** Centres, one behind the other, as samples are. */
export type Model = Float32Array

const distance = (a: Float32Array, i: number, b: Float32Array, j: number): number => {
  let sum = 0
  for (let d = 0; d < dimensions; d++) {
    const difference = (a[i * dimensions + d] ?? 0) - (b[j * dimensions + d] ?? 0)
    sum += difference * difference
  }
  return sum
}

/** The centre that sample `i` is nearest to, and how far away it is, of the first `count` centres. */
const closest = (model: Model, count: number, samples: Float32Array, i: number): readonly [number, number] => {
  let best = 0
  let least = Number.POSITIVE_INFINITY
  for (let c = 0; c < count; c++) {
    const far = distance(samples, i, model, c)
    if (far < least) [best, least] = [c, far]
  }
  return [best, least]
}

export const nearest = (model: Model, samples: Float32Array, i: number): number =>
  closest(model, model.length / dimensions, samples, i)[0]

/** Centres to begin with: the first sample, then ever the one that is farthest from those there are. */
const farApart = (samples: Float32Array, clusters: number): Model => {
  const model = new Float32Array(clusters * dimensions)
  model.set(samples.subarray(0, dimensions))
  for (let c = 1; c < clusters; c++) {
    let [chosen, most] = [0, -1]
    for (let i = 0; i < samples.length / dimensions; i++) {
      const far = closest(model, c, samples, i)[1]
      if (far > most) [chosen, most] = [i, far]
    }
    model.set(samples.subarray(chosen * dimensions, (chosen + 1) * dimensions), c * dimensions)
  }
  return model
}

export const fit = (samples: Float32Array, clusters: number, rounds = 10): Model => {
  const model = farApart(samples, clusters)
  for (let round = 0; round < rounds; round++) {
    const sums = new Float64Array(model.length)
    const counts = new Uint32Array(clusters)
    for (let i = 0; i < samples.length / dimensions; i++) {
      const c = nearest(model, samples, i)
      counts[c] = (counts[c] ?? 0) + 1
      for (let d = 0; d < dimensions; d++) {
        sums[c * dimensions + d] = (sums[c * dimensions + d] ?? 0) + (samples[i * dimensions + d] ?? 0)
      }
    }
    model.set(sums.map((sum, k) => sum / Math.max(1, counts[Math.floor(k / dimensions)] ?? 1)))
  }
  return model
}
