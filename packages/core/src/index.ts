/** The public names of `@holdfast/core`: what a task module needs. Loads no `effect` module. */
export * from "./CallOptions.ts"
export * from "./Evidence.ts"
export * from "./Executor.ts"
export * from "./Handle.ts"
export { type Arrivals, type HandleDoor, promiseDoor, provideEitherDoor } from "./HandleDoor.ts"
export * from "./Job.ts"
export * from "./JobError.ts"
export * from "./NotInStore.ts"
export * from "./PoolDump.ts"
export * from "./PoolEvent.ts"
export type { ServiceKey } from "./ServiceKey.ts"
export * as Shared from "./Shared.ts"
export type { SharedArrayConstructor, SharedTypedArray } from "./SharedArray.ts"
export * as SharedArray from "./SharedArray.ts"
export * from "./SharedDataError.ts"
export { provideSharedData, type SharedKind, type SharedProvider } from "./SharedProvider.ts"
export type {
  AnyTask,
  ContextDefinition,
  FnTask,
  Loaded,
  ModuleRef,
  ModuleTasks,
  SpreadTask,
  TaskKind
} from "./Task.ts"
export * as Task from "./Task.ts"
export * from "./TaskContext.ts"
