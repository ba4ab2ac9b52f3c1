/**
 * Images on all cores: `images write FOLDER [COUNT] [serial]` writes noise, `images read FOLDER` reads it back into a
 * list, in order. What happens to one image is `tasks.ts`.
 */
import { mkdirSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { createPool } from "holdfast"
import { noise, readImage, writeImage, writeNoise } from "./tasks.ts"

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

const read = async (folder: string): Promise<void> => {
  const names = readdirSync(folder).filter((name) => name.startsWith(`${prefix}-`))
  names.sort((a, b) => numberOf(a) - numberOf(b))
  const paths = names.map((name) => join(folder, name))
  await using pool = await createPool()
  const images = await pool.map(readImage, paths, { progress: "reading" })
  const same = images.filter((data, i) =>
    Buffer.from(data).equals(noise(size.width, size.height, numberOf(names[i] ?? "")))
  )
  console.log(`${images.length} images read, ${same.length} as they were written`)
}

const count = Number(rest[0] ?? 2000)
if (command === "write" && folder !== undefined && Number.isSafeInteger(count) && count >= 0) {
  await write(folder, count, rest[1] === "serial")
} else if (command === "read" && folder !== undefined) {
  await read(folder)
} else {
  console.error("usage: images write FOLDER [COUNT] [serial] | images read FOLDER")
  process.exitCode = 2
}
