/**
 * What one worker does at this moment: its event loop is asked, and where that does not answer, its thread is looked at
 * from outside, which stops it for a millisecond. Nothing of it is changed, and the debugger is taken off again.
 */
import { setTimeout as sleep } from "node:timers/promises"
import type { WorkerActivity, WorkerDump } from "@holdfast/core"
import { type Finding, investigate, type Patience, withHolder } from "../pool/investigation.ts"
import { memoryOf } from "../pool/snapshot.ts"
import type { Waiting } from "../protocol/messages.ts"
import { allWaits } from "../slot/own-waits.ts"
import type { Slot } from "../slot/Slot.ts"
import { watchCpu } from "./cpu-time.ts"
import { aheadIn, asToldNow, jobDump, type Running, runningIn } from "./running-jobs.ts"

/** CPU time over less than that says nothing. */
const LEAST_CPU_MS = 50
/** An event loop that turns answers sooner, also under load. */
const MOST_ANSWER_MS = 150

const patienceOf = (withinMs: number): Patience => {
  const answerMs = Math.min(MOST_ANSWER_MS, withinMs * 0.3)
  return { answerMs, captureMs: withinMs - answerMs }
}

interface Seen {
  readonly slot: Slot
  readonly running: ReadonlyArray<Running>
  readonly finding: Finding | undefined
  readonly answer: Waiting | undefined
  readonly stopped: boolean
}

const activityOf = ({ slot, running, finding, answer, stopped }: Seen): WorkerActivity => {
  if (slot.link === undefined) return "absent"
  if (stopped) return "stopped"
  if (finding?.native !== undefined) return "native"
  // What it runs is told by `frames`, whether it is loading still or at work.
  if (finding?.blocked === true)
    return finding.hungAt === undefined || finding.hungAt.length === 0 ? "silent" : "running"
  if (slot.state._tag === "starting" || running.some(({ startedAt }) => !Number.isFinite(startedAt))) return "loading"
  if (answer === undefined) return "silent"
  return running.length === 0 ? "idle" : "waiting"
}

const look = async (slot: Slot, withinMs: number): Promise<Pick<Seen, "finding" | "answer" | "stopped">> => {
  const { link } = slot
  if (link === undefined) return { finding: undefined, answer: undefined, stopped: false }
  if (link.stopped?.() === true) return { finding: undefined, answer: undefined, stopped: true }
  const patience = patienceOf(withinMs)
  let answer: Waiting | undefined
  const answered = slot.look(patience.answerMs + patience.captureMs).then((told) => {
    answer = told
    return told
  })
  if (link.watchdog === undefined) return { finding: undefined, answer: await answered, stopped: false }
  const { ahead } = slot
  const finding = await investigate(
    {
      link,
      ahead: {
        seen: undefined,
        waitedOn: undefined,
        lastSeen: ahead.lastSeen,
        job: ahead.job,
        remember: (frames, job) => ahead.remember(frames, job)
      },
      inspect: async () => (await answered)?.waitingOn
    },
    patience
  )
  return { finding, answer, stopped: false }
}

/** Looks at a worker for at most `withinMs`. Never rejects. */
export const dumpWorker = async (slot: Slot, withinMs: number): Promise<WorkerDump> => {
  const { link } = slot
  const before = runningIn(slot)
  const cpu = watchCpu(link?.pid, link?.thread)
  const [seen] = await Promise.all([look(slot, withinMs), sleep(Math.min(LEAST_CPU_MS, withinMs))])
  // It may have ended, or another may have come, while it was looked at.
  const isSame = slot.link === link
  const { answer, finding } = isSame ? seen : { answer: undefined, finding: undefined }
  // What was seen from outside is of the jobs that ran then.
  const now = isSame ? runningIn(slot) : []
  const running = isSame && finding?.blocked === true && before.length > 0 ? asToldNow(before, now) : now
  const waits = (answer?.waitingOn ?? []).map((each) => withHolder(each, link))
  const { heap } = answer ?? {}
  const rss = memoryOf(slot.pid)
  return {
    id: slot.id,
    pid: slot.pid,
    state: slot.state._tag,
    activity: activityOf({ slot, running, finding, answer, stopped: isSame && seen.stopped }),
    jobs: running.map((each) => jobDump(slot, each, { waits, alone: running.length === 1 })),
    ahead: aheadIn(slot, running),
    frames: finding?.hungAt ?? [],
    native: finding?.native,
    waitingOn: allWaits(waits),
    memory:
      rss === undefined && heap === undefined
        ? undefined
        : { rss, heapUsed: heap?.used, heapLimit: heap?.limit, external: heap?.external },
    cpu: isSame ? cpu() : undefined,
    jobsDone: slot.jobsDone,
    restarts: slot.restarts
  }
}
