/**
 * All names that this package gives: the public ones, which `index.ts` lists, and those that only the command needs
 * (`@holdfast/supervisor/command`). They stand here and not in `index.ts`, since the build joins all modules that these
 * need to this one (`packages/bundle.mjs`): from here, the files that modules name by path are where they were.
 */

export { thrownText } from "../failure/value-text.ts"
export type { PoolOptions } from "../options/resolve.ts"
export * as Pipeline from "../pipeline/Pipeline.ts"
export { importModule } from "../protocol/import-module.ts"
export type {
  ErrorRecord,
  FailureReport,
  StoredInput,
  StoredValues,
  TaskRecord,
  UsageSample
} from "../reports/FailureReport.ts"
export * as Report from "../reports/Report.ts"
export { fractionRead } from "../scheduler/Source.ts"
export type { RunReport } from "../timeline/RunReport.ts"
export type {
  AttemptEnd,
  ReportBar,
  ReportCall,
  ReportData,
  ReportFailures,
  ReportLife,
  ReportSummary,
  ReportWorker
} from "../timeline/report-data.ts"
export { type CloseOptions, createPool, type PromisePool } from "./createPool.ts"
export * as Pool from "./Pool.ts"
export type { Partials, PartialsOptions, StoreOptions } from "./WorkerCalls.ts"
