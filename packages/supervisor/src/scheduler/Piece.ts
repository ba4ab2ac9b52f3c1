/**
 * Consecutive jobs that wait together: what a lane hands out, and what comes back to it. Not a chunk, which has been
 * sent and counts how far it has come.
 */

import { partOf, type ValueList } from "../protocol/value-list.ts"

/** A job with an earlier attempt is always a piece of its own. */
export interface Piece {
  readonly base: number
  readonly inputs: ValueList
  readonly attempt: number
  /** Whose it is, where jobs were dealt out beforehand. */
  readonly seat?: number | undefined
}

export const contains = ({ base, inputs }: Piece, index: number): boolean =>
  index >= base && index < base + inputs.length

/** The first `count` of its jobs. */
export const headOf = (piece: Piece, count: number): Piece => ({ ...piece, inputs: partOf(piece.inputs, 0, count) })

/** Its jobs without the first `count`. */
export const restOf = (piece: Piece, count: number): Piece => ({
  ...piece,
  base: piece.base + count,
  inputs: partOf(piece.inputs, count)
})
