/** All measurements, in the order in which they run. */
import type { Measurement } from "../runner/Measurement.ts"
import { coldStart } from "./cold-start.ts"
import { factors } from "./factors.ts"
import { flat } from "./flat.ts"
import { importing } from "./import.ts"
import { large } from "./large.ts"
import { memory } from "./memory.ts"
import { objects } from "./objects.ts"
import { observed } from "./observed.ts"
import { recovery } from "./recovery.ts"
import { roundTrip } from "./round-trip.ts"
import { scaling } from "./scaling.ts"
import { submit } from "./submit.ts"
import { throughput } from "./throughput.ts"

export const measurements: ReadonlyArray<Measurement> = [
  throughput,
  observed,
  objects,
  submit,
  roundTrip,
  factors,
  large,
  coldStart,
  importing,
  recovery,
  memory,
  flat,
  scaling
]
