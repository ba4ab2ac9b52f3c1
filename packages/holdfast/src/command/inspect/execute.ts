/** Carries out `holdfast inspect`: reads what was named, shows it. What it looks like is `shown.ts`. */
import { styleText } from "node:util"
import { Report } from "@holdfast/supervisor"
import { answer } from "../answer.ts"
import { Notes } from "../run/Notes.ts"
import { type Paint, shownGroups, shownReport } from "./shown.ts"

export interface InspectOptions {
  readonly path: string
  readonly all: boolean
  readonly newest: boolean
  readonly json: boolean
}

const WRONG = 2

const paint: Paint = (style, text) => styleText(style, text, { stream: process.stdout })

const ofDirectory = async ({ all, json, newest, path }: InspectOptions, notes: Notes): Promise<number> => {
  const { problems, reports } = await Report.readAll(path)
  for (const problem of problems) notes.say(problem)
  if (reports.length === 0 && !json) {
    notes.say(`there is no report of a failure in ${path}`)
    return problems.length > 0 ? WRONG : 0
  }
  const { others, reports: last } = Report.ofLastRun(reports)
  const groups = Report.groupByCause(all ? reports : last)
  if (newest) groups.sort((a, b) => b.lastAt.localeCompare(a.lastAt))
  if (json) {
    const shown = groups.map(({ reports: each, ...group }) => ({
      ...group,
      failures: each.length,
      example: each.at(-1)?.path,
      reports: each.map(({ path: file }) => file)
    }))
    return answer(JSON.stringify({ groups: shown, ofEarlierRuns: all ? 0 : others }, null, 2), 0)
  }
  return answer(shownGroups(groups, all ? 0 : others, paint), 0)
}

/** Shows a report, or a directory of them; gives the exit code. Never rejects. */
export const execute = async (options: InspectOptions): Promise<number> => {
  const notes = new Notes({ bar: false })
  try {
    if (await Report.isDirectory(options.path)) return await ofDirectory(options, notes)
    const read = await Report.read(options.path)
    const idle = [options.all && "--all", options.newest && "--newest"].filter((flag) => flag !== false)
    if (idle.length > 0) {
      notes.say(`${idle.join(" and ")} say what is shown of a directory, and ${options.path} is one report`)
      return WRONG
    }
    return await answer(options.json ? JSON.stringify(read.report, null, 2) : shownReport(read, paint), 0)
  } catch (error) {
    notes.say(error instanceof Report.NoReport ? error.message : String(error instanceof Error ? error.stack : error))
    return error instanceof Report.NoReport ? WRONG : 1
  }
}
