/** The report as people see it, in a browser of this machine. Where there is none, the title of what is left out says so. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import type { PoolEvent } from "@holdfast/core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Browser, findBrowser } from "./Browser.ts"
import { HOSTILE } from "./hostile.ts"
import { attemptAt, begun, died, failed, left, reportAfter, succeeded } from "./run-events.ts"

const program = findBrowser()

const few = (): Array<PoolEvent> => [
  ...begun(1),
  ...begun(2),
  ...HOSTILE.map((text, n) =>
    failed(n, [attemptAt(1, 20 + n * 10, 9, "TaskThrew")], text, { task: text, key: text, inputPreview: text })
  ),
  succeeded(2, 100, 60, 50),
  died(1, 150),
  ...begun(1, 150),
  left(1, 220),
  left(2, 220)
]

const many = (): Array<PoolEvent> => {
  const events: Array<PoolEvent> = [1, 2, 3, 4].flatMap((worker) => begun(worker))
  for (let n = 0; n < 100_000; n++) events.push(succeeded(1 + (n % 4), 10 + n / 4, 0.9, n))
  return events
}

/** Sum of the canvas's pixels, and whether any is of this colour. */
const painted = `(() => {
  const canvas = document.getElementById("hf-chart")
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height)
  let sum = 0
  for (let at = 0; at < data.length; at++) sum = (sum * 31 + data[at]) | 0
  return sum
})()`

describe.runIf(program !== undefined)(
  program === undefined
    ? "in a browser: left out, for there is neither Chromium nor Chrome on the PATH"
    : `in ${program}`,
  { timeout: 120_000 },
  () => {
    let folder = ""
    let browser: Browser
    const open = async (name: string): Promise<void> => {
      browser.complaints.length = 0
      browser.requests.length = 0
      await browser.goTo(pathToFileURL(join(folder, name)).href)
    }
    const shade = (value: "light" | "dark"): Promise<unknown> =>
      browser.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value }] })

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "holdfast-pages-"))
      const report = reportAfter(few())
      for (const name of ["few.html", "few.svg"]) await report.write(join(folder, name))
      await reportAfter(many()).write(join(folder, "many.html"))
      browser = await Browser.open(program ?? "")
    }, 120_000)
    afterAll(async () => {
      await browser?.[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    })

    it("loads without a complaint, asks for nothing, and runs nobody's words", async () => {
      await open("few.html")
      await browser.until(`document.getElementById("hf-chart").width > 300`)
      expect(await browser.evaluate("typeof globalThis.owned")).toBe("undefined")
      expect(await browser.evaluate(`document.querySelectorAll("img, svg, script:not([type]) ~ script").length`)).toBe(
        0
      )
      expect(await browser.evaluate("document.body.textContent.includes('onerror=')")).toBe(true)
      expect(browser.complaints).toEqual([])
      expect(browser.requests.filter((url) => !url.endsWith("/few.html"))).toEqual([])
    })

    it("shows a bar's details to whoever points at it, and follows the keys", async () => {
      await open("few.html")
      await browser.evaluate(`document.getElementById("hf-chart").focus()`)
      await browser.press("ArrowRight")
      await browser.until(`!document.getElementById("hf-picked").hidden`)
      const picked = `document.getElementById("hf-picked").textContent`
      expect(await browser.evaluate(picked)).toContain("job 0 (</script>")
      await browser.press("ArrowDown")
      await browser.until(`${picked}.includes("job 50")`)
      const place = (await browser.evaluate(
        `(({ left, top, width }) => ({ left, top, width }))(document.getElementById("hf-chart").getBoundingClientRect())`
      )) as { left: number; top: number; width: number }
      await browser.send("Input.dispatchMouseEvent", {
        type: "mouseMoved",
        x: place.left + 92 + (place.width - 104) * 0.28,
        y: place.top + 45
      })
      await browser.until(`document.getElementById("hf-tip").textContent.includes("job 50")`)
    })

    it("zooms, and comes back to the whole", async () => {
      await open("few.html")
      const whole = await browser.evaluate(painted)
      await browser.evaluate(`document.getElementById("hf-in").click()`)
      await browser.until(`${painted} !== ${whole}`)
      await browser.evaluate(`document.getElementById("hf-all").click()`)
      await browser.until(`${painted} === ${whole}`)
      await browser.evaluate(`document.querySelector("button[data-row]").click()`)
      await browser.until(`document.activeElement === document.getElementById("hf-chart")`)
    })

    it("is drawn in light and in dark, as its reader wishes", async () => {
      await shade("light")
      await open("few.html")
      const light = await browser.evaluate(painted)
      const ground = "getComputedStyle(document.body).backgroundColor"
      expect(await browser.evaluate(ground)).toBe("rgb(255, 255, 255)")
      await shade("dark")
      await browser.until(`${painted} !== ${light}`)
      expect(await browser.evaluate(ground)).toBe("rgb(18, 23, 29)")
      await open("few.svg")
      expect(await browser.evaluate("document.documentElement.nodeName")).toBe("svg")
      expect(await browser.evaluate("document.querySelectorAll('parsererror, script, img').length")).toBe(0)
      expect(await browser.evaluate("getComputedStyle(document.querySelector('.hf-ground')).fill")).toBe(
        "rgb(18, 23, 29)"
      )
      await shade("light")
    })

    it("shows 100,000 jobs, and is quick to draw them anew", async () => {
      await open("many.html")
      const whole = await browser.evaluate(painted)
      await browser.evaluate(`document.getElementById("hf-in").click()`)
      await browser.until(`${painted} !== ${whole}`)
      expect(await browser.evaluate("document.body.textContent.includes('100,000')")).toBe(true)
      expect(browser.complaints).toEqual([])
    })
  }
)
