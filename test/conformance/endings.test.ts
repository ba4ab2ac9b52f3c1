import { conform } from "./conform.ts"
import { endings } from "./rows/endings.ts"

conform(endings)
