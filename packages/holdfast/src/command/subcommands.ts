/** The sub-commands of `holdfast`, in the order in which its help names them. A new one is a file and a line here. */
import { inspect } from "./inspect/command.ts"
import { replay } from "./replay/command.ts"
import { run } from "./run/command.ts"

export const subcommands = [run, inspect, replay] as const
