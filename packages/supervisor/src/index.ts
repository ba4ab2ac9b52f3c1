/** The public names of `@holdfast/supervisor`: the pool, behind both doors. */

export { type CloseOptions, createPool, type PromisePool } from "./doors/createPool.ts"
export * as Pool from "./doors/Pool.ts"
export type { PartialsOptions, StoreOptions } from "./doors/WorkerCalls.ts"
export type { PoolOptions } from "./options/resolve.ts"
export * as Pipeline from "./pipeline/Pipeline.ts"
export type {
  ErrorRecord,
  FailureReport,
  StoredInput,
  StoredValues,
  TaskRecord,
  UsageSample
} from "./reports/FailureReport.ts"
export * as Report from "./reports/Report.ts"
export { fractionRead } from "./scheduler/Source.ts"
export type { RunReport } from "./timeline/RunReport.ts"
export type {
  AttemptEnd,
  ReportBar,
  ReportCall,
  ReportData,
  ReportFailures,
  ReportLife,
  ReportSummary,
  ReportWorker
} from "./timeline/report-data.ts"
