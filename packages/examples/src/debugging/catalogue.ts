/** Reads lines of a catalogue, and throws where one can't be read. */
import { Task } from "holdfast"

const priceOf = (text: string): number => {
  const price = Number(text)
  if (Number.isNaN(price)) throw new TypeError(`${JSON.stringify(text)} is no price`)
  return price
}

export const parse = Task.fn(import.meta, "parse", (line: string) => {
  const [name = "", price = ""] = line.split(",")
  console.log(`parsing ${name}`)
  try {
    return { name, price: priceOf(price) }
  } catch (cause) {
    throw new Error(`the line of ${name} can't be read`, { cause })
  }
})
