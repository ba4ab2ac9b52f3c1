import { conform } from "./conform.ts"
import { loading } from "./rows/loading.ts"

conform(loading)
