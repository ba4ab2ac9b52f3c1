/** What a program is warned of around each test of a file; no test of it may leave an unhandled rejection behind. */
import { afterEach, beforeEach, expect } from "vitest"
import { eventually } from "./places.ts"

/** To be called once in a file. */
export const hearWarnings = () => {
  const unhandled: Array<unknown> = []
  const warnings: Array<Error> = []
  const listenUnhandled = (error: unknown): void => void unhandled.push(error)
  const listenWarning = (warning: Error): void => void warnings.push(warning)
  /** Whatever has happened is told by then. */
  const told = async (): Promise<void> => {
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
  beforeEach(() => {
    unhandled.length = 0
    warnings.length = 0
    process.on("unhandledRejection", listenUnhandled)
    process.on("warning", listenWarning)
  })
  afterEach(async () => {
    await told()
    process.off("unhandledRejection", listenUnhandled)
    process.off("warning", listenWarning)
    expect(unhandled).toEqual([])
  })
  const saying = (says: RegExp) => warnings.filter(({ message }) => says.test(message))
  return {
    saying,
    told,
    /** Of this there is one, by and by. */
    warned: (says: RegExp) => eventually(() => expect(saying(says)).toHaveLength(1))
  }
}
