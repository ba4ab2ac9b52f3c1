import { conform } from "./conform.ts"
import { batches } from "./rows/batches.ts"

conform(batches)
