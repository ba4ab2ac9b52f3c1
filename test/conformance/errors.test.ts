import { conform } from "./conform.ts"
import { errors } from "./rows/errors.ts"

conform(errors)
