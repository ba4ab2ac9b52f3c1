import { conform } from "./conform.ts"
import { moments } from "./rows/moments.ts"

conform(moments)
