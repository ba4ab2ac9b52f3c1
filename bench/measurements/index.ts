/** All measurements, in the order in which they run. */
import type { Measurement } from "../runner/Measurement.ts"
import { coldStart } from "./cold-start.ts"
import { importing } from "./import.ts"
import { memory } from "./memory.ts"
import { observed } from "./observed.ts"
import { roundTrip } from "./round-trip.ts"
import { submit } from "./submit.ts"
import { throughput } from "./throughput.ts"

export const measurements: ReadonlyArray<Measurement> = [
  throughput,
  observed,
  submit,
  roundTrip,
  coldStart,
  importing,
  memory
]
