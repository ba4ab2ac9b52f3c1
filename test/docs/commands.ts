/**
 * Commands that a document gives to a reader's shell and that the tests can't run themselves, such as `npm ci`. Says
 * what is wrong with the names in them.
 */
import { existsSync } from "node:fs"
import { join } from "node:path"

const NPM_OWN = new Set(["ci", "cit", "install", "install-test", "it", "run", "test", "start", "pack"])

const problemOfNpm = (verb: string | undefined, name: string | undefined, scripts: ReadonlySet<string>) => {
  if (verb === undefined || !NPM_OWN.has(verb)) return `npm has no command ${verb}`
  const script = verb === "run" ? name : ["test", "start"].includes(verb) ? verb : undefined
  return script === undefined || scripts.has(script) ? undefined : `package.json has no script ${script}`
}

/** One line for each command that names a missing script or file of the repository. */
export const problemsOf = (text: string, root: string, scripts: ReadonlySet<string>): Array<string> =>
  text
    .split(/\n|&&|\||;/)
    .map((command) =>
      command
        .replace(/(?:^|\s)#.*$/, "")
        .trim()
        .split(/\s+/)
    )
    .flatMap(([command, ...words]) => {
      if (command === "npm") return problemOfNpm(words[0], words[1], scripts) ?? []
      // The paths that these take are the repository's.
      if (command !== "bash" && command !== "node") return []
      const path = words.find((word) => !word.startsWith("-"))
      return path === undefined || existsSync(join(root, path)) ? [] : [`there is no file ${path}`]
    })
