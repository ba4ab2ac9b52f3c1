/** The HTML page and the SVG as text: well-formed, self-contained, and nobody's words become markup. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, it, onTestFinished } from "vitest"
import { HOSTILE } from "./hostile.ts"
import { attemptAt, begun, died, failed, liveJobs, reportAfter, succeeded } from "./run-events.ts"

const events = [
  ...begun(1),
  ...HOSTILE.map((text, n) =>
    failed(n, [attemptAt(1, n * 10, 9, "TaskThrew")], text, { task: text, key: text, inputPreview: text })
  ),
  succeeded(1, 200, 50, 99),
  died(1, 210)
]
const report = () => reportAfter(events, { ...liveJobs, describe: () => undefined })

const VOID = new Set(["meta", "link", "br", "img", "input", "hr"])

/** Names of the elements, in order. Throws where tags are not balanced, or `<` and `&` stand for themselves. */
const elementsOf = (markup: string): Array<string> => {
  const open: Array<string> = []
  const names: Array<string> = []
  let rest = markup.replace(/^<!doctype html>/, "")
  // What stands in these is no markup.
  rest = rest.replaceAll(/(<(script|style)\b[^>]*>)[\s\S]*?(?=<\/\2>)/g, "$1")
  for (const [, text, tag] of rest.matchAll(/([^<]*)(<[^>]*>)?/g)) {
    if (/&(?!(amp|lt|gt|quot|#39);)/.test(text ?? "")) throw new Error(`a bare & in ${text}`)
    if (text?.includes(">")) throw new Error(`a bare > in ${text}`)
    const parts = /^<(\/?)([a-zA-Z][\w:-]*)((?:\s+[\w:-]+(?:="[^"<>]*")?)*)\s*(\/?)>$/.exec(tag ?? "")
    if (tag !== undefined && parts === null) throw new Error(`no tag: ${tag}`)
    const [, closes, name = "", , empty] = parts ?? []
    if (parts === null) continue
    if (closes === "/") {
      const last = open.pop()
      if (last !== name) throw new Error(`</${name}> closes <${last}>`)
    } else {
      names.push(name)
      if (empty !== "/" && !VOID.has(name)) open.push(name)
    }
  }
  if (open.length > 0) throw new Error(`never closed: ${open.join()}`)
  return names
}

it("is balanced markup in which what jobs said is text alone", () => {
  const html = elementsOf(report().toHtml())
  expect(html.filter((name) => name === "script")).toHaveLength(2)
  expect(html).not.toContain("img")
  const svg = elementsOf(report().toSvg())
  expect(svg).not.toContain("script")
  expect(new Set(svg)).toEqual(new Set(["svg", "title", "desc", "style", "rect", "text", "path", "g"]))
})

it("contains nothing that XML can't, and shows what would turn the text around", () => {
  const svg = report().toSvg()
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  expect(svg).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff\u202a-\u202e]/)
  expect(svg.isWellFormed()).toBe(true)
  expect(svg).toContain("\\u202egnp.exe")
})

it("asks for nothing from anywhere", () => {
  for (const text of [report().toHtml(), report().toSvg()]) {
    expect(text.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(
      /https?:|@import|url\(|<link|<\w[^<>]* (src|href)=/
    )
  }
})

it("allows its own script alone, by a hash, and carries its data as data", () => {
  const html = report().toHtml()
  expect(html).toMatch(
    /Content-Security-Policy" content="default-src &#39;none&#39;; [^"]*script-src &#39;sha256-[\w+/=]+&#39;/
  )
  const data = /<script type="application\/json" id="hf-data">([^<]*)<\/script>/.exec(html)?.[1]
  expect(JSON.parse(data ?? "")).toMatchObject({ rows: [{ id: 1 }] })
})

it("has a still picture for readers without scripts", () => {
  expect(report().toHtml()).toMatch(/<noscript>.*<rect class="hf-failed".*<\/noscript>/s)
})

it("says how speed-up and efficiency are meant, and that nothing was left out", () => {
  const html = reportAfter([...begun(1), succeeded(1, 20, 5, 0)]).toHtml()
  expect(html).toContain("Every attempt is shown by a bar of its own")
  expect(html).toMatch(/<strong>Speed-up<\/strong> is the time of all jobs by wall time/)
})

it("is shown of a run in which nothing has happened yet", () => {
  const empty = reportAfter([])
  expect(elementsOf(empty.toHtml())).toContain("canvas")
  expect(elementsOf(empty.toSvg())).toContain("svg")
  expect(JSON.parse(JSON.stringify(empty))).toMatchObject({ version: 1, workers: [], slowest: [], failures: [] })
})

it("is written by its path's extension, and refuses others", async () => {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-report-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const written = async (name: string): Promise<string> => {
    await report().write(join(folder, name))
    return readFileSync(join(folder, name), "utf8")
  }
  expect(await written("run.HTML")).toMatch(/^<!doctype html>/)
  expect(await written("run.svg")).toMatch(/^<svg xmlns=/)
  expect(JSON.parse(await written("run.json"))).toMatchObject({ version: 1, summary: { failed: HOSTILE.length } })
  await expect(report().write("run.pdf")).rejects.toThrow('ends in .html, .svg or .json, received "run.pdf"')
  await expect(report().write(join(folder, "none", "run.html"))).rejects.toThrow("ENOENT")
})
