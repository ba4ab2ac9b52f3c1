/** Halves a weight until it is 1, which only powers of two become. */
import { Task } from "holdfast"

const normalise = (order: { id: number; weight: number; apiKey: string }) => {
  let weight = order.weight
  while (weight !== 1) weight = Math.max(weight / 2, 1e-9)
  return weight
}

export const prepare = Task.fn(import.meta, "prepare", (id: number) =>
  normalise({ id, weight: id * 3, apiKey: "do-not-show" })
)
