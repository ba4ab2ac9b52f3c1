/**
 * Images on all cores: `images write FOLDER [COUNT] [serial]` writes noise, `images read FOLDER` reads it back into a
 * list, in order, `images fill FOLDER` into one array of all their pixels. What happens to one image is `tasks.ts`.
 */
import { mkdirSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { createPool, SharedArray } from "holdfast"
import { fillImage, noise, readImage, writeImage, writeNoise } from "./tasks.ts"

const [command, folder, ...rest] = process.argv.slice(2)
const size = { width: 100, height: 100 }
const prefix = "noise"

const writeSerially = (folder: string, count: number): void => {
  for (let index = 0; index < count; index++) writeNoise({ ...size, prefix, folder, index })
}

const writeInParallel = async (folder: string, count: number): Promise<void> => {
  const inputs = Array.from({ length: count }, (_, index) => ({ index }))
  await using pool = await createPool()
  await pool.map(writeImage.with({ ...size, prefix, folder }), inputs, { progress: "writing" })
}

const write = async (folder: string, count: number, serial: boolean): Promise<void> => {
  mkdirSync(folder, { recursive: true })
  if (serial) writeSerially(folder, count)
  else await writeInParallel(folder, count)
  console.log(`${count} images written`)
}

const numberOf = (name: string): number => Number(/-(\d+)\.png$/.exec(name)?.[1])

const namesIn = (folder: string): Array<string> =>
  readdirSync(folder)
    .filter((name) => name.startsWith(`${prefix}-`))
    .sort((a, b) => numberOf(a) - numberOf(b))

const isAsWritten = (data: ArrayBufferView, name: string): boolean =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength).equals(noise(size.width, size.height, numberOf(name)))

const read = async (folder: string): Promise<void> => {
  const names = namesIn(folder)
  await using pool = await createPool()
  const images = await pool.map(
    readImage,
    names.map((name) => join(folder, name)),
    { progress: "reading" }
  )
  const same = names.filter((name, i) => isAsWritten(images[i] ?? new Uint8Array(), name))
  console.log(`${images.length} images read, ${same.length} as they were written`)
}

const fill = async (folder: string): Promise<void> => {
  const names = namesIn(folder)
  const bytes = size.width * size.height * 3
  const all = SharedArray.make(Uint8Array, names.length * bytes)
  const partOf = (i: number): Uint8Array => all.subarray(i * bytes, (i + 1) * bytes)
  await using pool = await createPool()
  await pool.map(
    fillImage,
    names.map((name, i) => ({ path: join(folder, name), into: partOf(i) })),
    { progress: "filling" }
  )
  const same = names.filter((name, i) => isAsWritten(partOf(i), name))
  console.log(`one array of ${all.length} bytes: ${names.length} images, ${same.length} as they were written`)
}

const count = Number(rest[0] ?? 2000)
if (command === "write" && folder !== undefined && Number.isSafeInteger(count) && count >= 0) {
  await write(folder, count, rest[1] === "serial")
} else if (command === "read" && folder !== undefined) {
  await read(folder)
} else if (command === "fill" && folder !== undefined) {
  await fill(folder)
} else {
  console.error("usage: images write FOLDER [COUNT] [serial] | images read FOLDER | images fill FOLDER")
  process.exitCode = 2
}
