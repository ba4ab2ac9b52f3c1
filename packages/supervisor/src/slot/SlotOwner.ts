/**
 * What a slot is given and whom it tells: its setup, its owner's port, and the facts of a worker's end.
 */
import type { WorkerExit } from "@holdfast/core"
import type { Standing } from "../failure/whereabouts.ts"
import type { Configure, Escaped, Failed, SharedCall, SharedEnd, Signal, StartFailed } from "../protocol/messages.ts"
import type { PayloadKind } from "../protocol/values.ts"
import type { WorkerOutput } from "../reporting/WorkerOutput.ts"
import type { Chunk } from "../scheduler/Chunk.ts"
import type { RawExit, Transport } from "../transport/Transport.ts"
import type { Mask } from "../watchdog/mask.cts"
import type { Slot } from "./Slot.ts"

/** Why the parent ended a worker; undefined where it ended by itself. */
export type KillReason = "timeout" | "cancelled" | "startTimeout" | "loadTimeout" | "terminated" | "grace"

/** What is known when a worker has ended. */
export interface Passing {
  readonly raw: RawExit
  readonly killReason: KillReason | undefined
  /** Whether it had been Ready, and whether its end had been asked for. */
  readonly wasReady: boolean
  /** Bytes that V8 lets its heap have; undefined where it was never Ready. */
  readonly heapLimit?: number | undefined
  readonly wasStopping: boolean
  /** What it was to have ready, and within which time. */
  readonly setup: Pick<SlotSetup, "configure" | "startTimeoutMs">
  readonly startFailure: StartFailed | undefined
  /** Contexts that it had begun to release last. */
  readonly releasing?: ReadonlyArray<string> | undefined
  /** Where it was when it had used up its time to start or to end. */
  readonly standing?: Standing | undefined
  readonly overMemory: { readonly rss: number; readonly limit: number } | undefined
  readonly lastLines: ReadonlyArray<string>
  readonly pid: number | undefined
  /** Chunks not finished. */
  readonly chunks: ReadonlyArray<Chunk>
  /** Those of them whose job at `next` was running. */
  readonly running: ReadonlyArray<Chunk>
  readonly startedAt: number | undefined
}

/** Results as they came: of jobs `from` to `from + taken - 1`, behind `skip` values that are known already. */
export interface Results {
  readonly from: number
  readonly taken: number
  readonly skip: number
  /** Values in the payload. */
  readonly count: number
  readonly kind: PayloadKind
  readonly payload: Uint8Array
  /** The output marker that stands behind what they had printed; 0 for none. */
  readonly sync: number
}

/** Whoever runs the slots. */
export interface SlotOwner {
  offer(slot: Slot): void
  starting(slot: Slot): void
  ready(slot: Slot): void
  values(slot: Slot, chunk: Chunk, results: Results): void
  failed(slot: Slot, chunk: Chunk, message: Failed): void
  returned(slot: Slot, chunk: Chunk, offset: number): void
  escaped(slot: Slot, message: Escaped): void
  said(slot: Slot, chunk: Chunk, offset: number, said: Signal["said"]): void
  /** A job of its worker uses shared objects. */
  shared(slot: Slot, message: SharedCall | SharedEnd): void
  /** A worker ended; when to start the next one. */
  passed(slot: Slot, passing: Passing): number | undefined
  stateChanged(slot: Slot): void
  /** Finds out where a worker is; undefined where nobody can look. Takes some 250 ms at most, under load 1 s. */
  lookInto(slot: Slot): Promise<Standing> | undefined
}

/** What a slot is made with. */
export interface SlotSetup {
  readonly id: number
  readonly transport: Transport
  readonly configure: Configure
  readonly env: Readonly<Record<string, string | undefined>> | undefined
  readonly execArgv: ReadonlyArray<string> | undefined
  readonly cwd: string | undefined
  readonly mask?: Mask | undefined
  readonly startTimeoutMs: number
  readonly killGraceMs: number
  readonly maxMemory: number | undefined
  readonly owner: SlotOwner
  readonly outputFor: (slot: Slot, nonce: string) => WorkerOutput
}

/** The public form of an exit. */
export const exitOf = (
  { killReason, raw, releasing, standing, wasReady }: Passing,
  reason: string | undefined
): WorkerExit => {
  const { hungAt = [], native, stopped, waitingOn = [] }: Partial<Standing> = standing ?? {}
  return {
    exitCode: raw.exitCode,
    signal: raw.signal,
    reason: reason ?? raw.spawnError?.message ?? raw.violation?.message,
    ...(releasing !== undefined && killReason === "grace" && { releasing }),
    ...(hungAt.length > 0 && { hungAt }),
    ...(waitingOn.length > 0 && { waitingOn }),
    ...(native !== undefined && { native }),
    ...(stopped === true && { stopped }),
    ...(!wasReady && { neverReady: true })
  }
}
