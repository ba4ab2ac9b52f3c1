/** The types of `work.mjs` and `work-tasks.mjs`: JavaScript, so that no measurement waits for types to be stripped. */
import type { Task } from "holdfast"

export interface Person {
  readonly id: number
  readonly name: string
  readonly at: { readonly x: number; readonly y: number }
  readonly tags: ReadonlyArray<string>
  readonly active: boolean
}

export interface Turned {
  readonly id: number
  readonly name: string
  readonly at: { readonly x: number; readonly y: number }
  readonly sum: number
}

export interface Order {
  readonly id: number
  readonly customer: { readonly name: string; readonly mail: string; readonly roles: ReadonlyArray<string> }
  readonly lines: ReadonlyArray<{ readonly part: string; readonly price: number; readonly tags: ReadonlyArray<string> }>
  readonly readings: ReadonlyArray<number>
}

export interface Settled extends Order {
  readonly sum: number
}

export interface Bounds {
  readonly from: number
  readonly to: number
}

export interface Work {
  readonly MOST_FACTORS: number
  readonly turn: (person: Person) => Turned
  readonly person: (id: number) => Person
  readonly settle: (order: Order) => Settled
  readonly order: (id: number) => Order
  readonly countFactors: (number: number) => number
  readonly countInRange: (bounds: Bounds) => Array<number>
  readonly touchEnds: (array: Float64Array) => Float64Array
}

export interface WorkTasks {
  readonly turn: Task.Task<Person, Turned>
  readonly settle: Task.Task<Order, Settled>
  readonly countFactors: Task.Task<number, number>
  readonly countInRange: Task.Task<Bounds, Array<number>>
  readonly touchEnds: Task.Task<Float64Array, Float64Array>
  readonly touchShared: Task.Task<Float64Array, number>
  readonly square: Task.Task<number, number>
  readonly pidOf: Task.Task<number, number>
  readonly wait: Task.Task<number, number>
  readonly squareSlowFirst: Task.Task<number, number>
}
