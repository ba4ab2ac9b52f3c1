/**
 * One of two ends between which arrays go through files that both have, in pieces: the other end reads each as soon as it
 * is told of it, while the next is written. Nothing is checked, and one array at a time is under way.
 */
import { readSync, writeSync } from "node:fs"
import type { Socket } from "node:net"

const PIECE = 512 * 1024
const WRITTEN = Buffer.of(1)

/** Descriptors, and the size of each array. */
interface Files {
  readonly incoming: number
  readonly outgoing: number
  readonly bytes: number
}

export interface End {
  send(array: Float64Array): void
  /** Has `take` called with each array that comes from now on. */
  onArray(take: (array: Float64Array) => void): void
}

export const endOf = (channel: Socket, { incoming, outgoing, bytes }: Files): End => {
  let taken: (array: Float64Array) => void = () => undefined
  let target: Buffer | undefined
  let have = 0
  channel.on("data", (told) => {
    target ??= Buffer.allocUnsafeSlow(bytes)
    for (let pieces = told.length; pieces > 0; pieces--) have += readSync(incoming, target, have, PIECE, have)
    if (have < bytes) return
    const { buffer } = target
    target = undefined
    have = 0
    taken(new Float64Array(buffer))
  })
  return {
    send: (array) => {
      const all = Buffer.from(array.buffer, array.byteOffset, array.byteLength)
      for (let at = 0; at < bytes; at += PIECE) {
        writeSync(outgoing, all, at, PIECE, at)
        channel.write(WRITTEN)
      }
    },
    onArray: (take) => {
      taken = take
    }
  }
}
