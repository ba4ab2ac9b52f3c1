import { existsSync, globSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { expect, it } from "vitest"
import { root } from "./SnippetFolder.ts"

const documents = ["README.md", "CONTRIBUTING.md", ...globSync("docs/**/*.md", { cwd: root }).sort()]

const read = (document: string): string => readFileSync(join(root, document), "utf8")

/** Text without its code blocks, whose brackets and headings are no links and no headings. */
const prose = (text: string): string => text.replace(/^ {0,3}(`{3,})[\s\S]*?^ {0,3}\1`*[ \t]*$/gm, "")

/** As GitHub makes anchors of headings. */
const anchorsOf = (text: string): Array<string> =>
  Array.from(prose(text).matchAll(/^#+ +(.+)$/gm), ([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_\- ]/gu, "")
      .replaceAll(" ", "-")
  )

const problemOf = (document: string, target: string): string | undefined => {
  const [path = "", anchor] = target.split("#")
  const file = path === "" ? document : join(dirname(document), path)
  if (!existsSync(join(root, file))) return `${target}: there is no ${file}`
  if (anchor === undefined || anchorsOf(read(file)).includes(anchor)) return undefined
  return `${target}: ${file} has no such heading`
}

it.each(documents)("%s links only to what is there", (document) => {
  const targets = Array.from(prose(read(document)).matchAll(/\]\(([^)\s]+)\)/g), ([, target = ""]) => target)
  const local = targets.filter((target) => !/^[a-z]+:/.test(target))
  expect(local.flatMap((target) => problemOf(document, target) ?? [])).toEqual([])
})

it("docs/architecture.md names only files and folders of the supervisor that are there", () => {
  const named = Array.from(
    prose(read("docs/architecture.md")).matchAll(/`([a-z-]+\/[\w.-]*)`/g),
    ([, path = ""]) => path
  )
  const bases = ["packages/supervisor/src", "packages", "."]
  expect(named.length).toBeGreaterThan(20)
  expect(named.filter((path) => !bases.some((base) => existsSync(join(root, base, path))))).toEqual([])
})

it("docs/architecture.md has a line for each folder of the supervisor", () => {
  const folders = globSync("packages/supervisor/src/*/", { cwd: root }).map((path) => path.split("/").at(-1) ?? "")
  const text = read("docs/architecture.md")
  expect(folders.length).toBeGreaterThan(5)
  expect(folders.filter((folder) => !text.includes(`\n  ${folder}/ `))).toEqual([])
})
