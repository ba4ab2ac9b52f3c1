/**
 * A batch's jobs dealt out beforehand, for `schedule: "static"`: each worker has its own, and none is given to another.
 * An array is cut into equal consecutive parts; what is read as it goes is dealt in turn. Knows seats, not workers: who
 * comes anew sits where the one before sat.
 */
import { partOf } from "../protocol/value-list.ts"
import type { Piece } from "./Piece.ts"

export class Deal {
  readonly #seats: number
  readonly #inParts: boolean
  readonly #kept: Array<Array<Piece>>
  #turn = 0

  /** `inParts`: all jobs come at once, and are dealt in equal consecutive parts. */
  constructor(seats: number, inParts: boolean) {
    this.#seats = Math.max(1, seats)
    this.#inParts = inParts
    this.#kept = Array.from({ length: this.#seats }, () => [])
  }

  /** How many jobs are to be dealt at a time, where all there are is `left`; undefined where that is not known. */
  portion(size: number, left: number | undefined): number {
    return this.#inParts && left !== undefined ? left : size
  }

  /** Deals new jobs: in parts, or all to the one whose turn it is. */
  add({ base, inputs, attempt }: Piece): void {
    if (!this.#inParts) {
      this.#keep({ base, inputs, attempt, seat: this.#turn })
      this.#turn = (this.#turn + 1) % this.#seats
      return
    }
    const least = Math.floor(inputs.length / this.#seats)
    const longer = inputs.length % this.#seats
    for (let seat = 0, from = 0; seat < this.#seats; seat++) {
      const to = from + least + (seat < longer ? 1 : 0)
      this.#keep({ base: base + from, inputs: partOf(inputs, from, to), attempt, seat })
      from = to
    }
  }

  #keep(piece: Piece): void {
    if (piece.inputs.length > 0) this.#kept[piece.seat ?? 0]?.push(piece)
  }

  /** What was dealt and not run comes back to where it was dealt to, in front. */
  giveBack(piece: Piece): void {
    this.#kept[piece.seat ?? 0]?.unshift(piece)
  }

  /** The next pile of whoever is at `place` of so many: where there are fewer places than seats, some have several. */
  #pileOf(place: number, places: number): Array<Piece> | undefined {
    for (let seat = place; seat < this.#seats; seat += Math.max(1, places)) {
      const pile = this.#kept[seat]
      if (pile !== undefined && pile.length > 0) return pile
    }
    return undefined
  }

  has(place: number, places: number): boolean {
    return this.#pileOf(place, places) !== undefined
  }

  take(place: number, places: number): Piece | undefined {
    return this.#pileOf(place, places)?.shift()
  }

  /** Everything that waits. */
  get waiting(): ReadonlyArray<Piece> {
    return this.#kept.flat()
  }

  drain(): Array<Piece> {
    return this.#kept.flatMap((pile) => pile.splice(0))
  }
}
