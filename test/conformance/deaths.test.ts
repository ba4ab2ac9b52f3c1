import { conform } from "./conform.ts"
import { deaths } from "./rows/deaths.ts"

conform(deaths)
