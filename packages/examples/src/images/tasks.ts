/** What is done to one image: noise that its number alone decides, written to or read from a PNG file. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { decode, encode } from "fast-png"
import { Task } from "holdfast"

export interface Image {
  readonly folder: string
  readonly prefix: string
  readonly width: number
  readonly height: number
  readonly index: number
}

/** Three bytes for each pixel (a linear congruential generator, seeded by the index). */
export const noise = (width: number, height: number, index: number): Uint8Array => {
  let state = index + 1
  return Uint8Array.from({ length: width * height * 3 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state >>> 24
  })
}

/** A plain function: the serial loop calls it as it is. */
export const writeNoise = ({ folder, prefix, width, height, index }: Image): void => {
  const path = join(folder, `${prefix}-${index}.png`)
  writeFileSync(path, encode({ width, height, channels: 3, depth: 8, data: noise(width, height, index) }))
}

export const writeImage = Task.fn(import.meta, "writeImage", writeNoise)

export const readImage = Task.fn(import.meta, "readImage", (path: string) => decode(readFileSync(path)).data)

/** Its part of the one array; what crosses to the worker is a view. */
export const fillImage = Task.fn(import.meta, "fillImage", ({ path, into }: { path: string; into: Uint8Array }) => {
  into.set(decode(readFileSync(path)).data)
})
