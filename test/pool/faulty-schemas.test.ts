import { describe, expect, it } from "vitest"
import {
  readNowhere,
  throwingError,
  throwingInput,
  throwingOutput,
  unreadyError,
  unreadyInput,
  unreadyOutput
} from "../fixtures/faulty-schemas.ts"
import { square } from "../fixtures/plain.ts"
import { places, sharedIn } from "./places.ts"

const unready = "Objects property names must be strings"
const missing = "Invoice is not there yet"

describe.each(places)("a schema that throws by itself, $isolation", (place) => {
  const pool = sharedIn(place, { workers: 1 })

  it.each([
    [unreadyInput, "InvalidInput", unready],
    [throwingInput, "InvalidInput", missing],
    [unreadyOutput, "InvalidOutput", unready],
    [throwingOutput, "InvalidOutput", missing],
    [readNowhere, "InvalidOutput", "no tax rates here"]
  ])("is told as the reason why a value does not fit: %o", async (task, tag, why) => {
    const side = tag === "InvalidInput" ? "input" : "output"
    const failure = {
      _tag: tag,
      message: expect.stringMatching(
        place.isolation === "inline" && task === readNowhere
          ? why
          : `task "${task.name}" .* does not fit the task's ${side} schema: ${why}`
      )
    }
    // A second job of the same task, as well: it goes the way that is known by then.
    for (const n of [1, 2]) await expect(pool().run(task, n)).rejects.toMatchObject(failure)
    for (const outcome of await pool().settle(task, [1, 2])) expect(outcome).toMatchObject({ error: failure })
    expect(await pool().run(square, 3)).toBe(9)
  })

  it.each([unreadyError, throwingError])("lets a typed error arrive that it can't write: %o", async (task) => {
    for (const n of [1, 2]) await expect(pool().run(task, n)).rejects.toBe(n)
    expect(await pool().settle(task, [1, 2])).toMatchObject([{ error: 1 }, { error: 2 }])
  })
})
