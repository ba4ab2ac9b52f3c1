import { conform } from "./conform.ts"
import { escapes } from "./rows/escapes.ts"

conform(escapes)
