import { conform } from "./conform.ts"
import { hangs } from "./rows/hangs.ts"

conform(hangs)
