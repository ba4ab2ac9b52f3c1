/**
 * What a call throws when it should throw `InvalidOptions`. For the tests of this folder.
 */
import { InvalidOptions } from "@holdfast/core"

/** The `InvalidOptions` that `act` throws; anything else is thrown on, and nothing thrown is an error. */
export const refusalOf = (act: () => unknown): InvalidOptions => {
  try {
    act()
  } catch (error) {
    if (error instanceof InvalidOptions) return error
    throw error
  }
  throw new Error("nothing was refused")
}
