/**
 * Reports of failures, as whoever reads them needs them: read one or a directory, group them by cause, run the job of
 * one again. The module that `Report.*` is made of; nothing is defined here.
 */
export { type CauseGroup, groupByCause, ofLastRun } from "./groups.ts"
export {
  isDirectory,
  isReportName,
  NoReport,
  type ReadReport,
  readReport as read,
  readReports as readAll
} from "./reading.ts"
export { CannotReplay, openReplay as replay, type Replay, type ReplayOptions } from "./replay.ts"
