import { conform } from "./conform.ts"
import { values } from "./rows/values.ts"

conform(values)
