/** The table: all rows of the promises, by their numbers. */
import type { Row } from "./Row.ts"
import { batches } from "./rows/batches.ts"
import { deaths } from "./rows/deaths.ts"
import { endings } from "./rows/endings.ts"
import { errors } from "./rows/errors.ts"
import { escapes } from "./rows/escapes.ts"
import { hangs } from "./rows/hangs.ts"
import { loading } from "./rows/loading.ts"
import { moments } from "./rows/moments.ts"
import { values } from "./rows/values.ts"

const groups: ReadonlyArray<ReadonlyArray<Row>> = [
  errors,
  escapes,
  deaths,
  hangs,
  values,
  moments,
  loading,
  batches,
  endings
]

export const rows: ReadonlyArray<Row> = groups.flat().toSorted((a, b) => a.number - b.number)
