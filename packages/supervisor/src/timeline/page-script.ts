/**
 * The script of the HTML page: lets the timeline be zoomed into and walked through, by pointer or by keys. It runs in a
 * browser, as its own source text: so `runPage` uses nothing of this file or another, but what it is given.
 */
import type { canvasOf, PageTools } from "./page-canvas.ts"
import type { PageData } from "./page-data.ts"
import type { PageCanvas, PageElement, PageEvent, PageWindow } from "./page-window.ts"

export const runPage = (page: PageWindow, chartOf: typeof canvasOf, tools: PageTools): void => {
  const { document } = page
  const byId = (id: string): PageElement => document.getElementById(id) as PageElement
  const data = JSON.parse(byId("hf-data").textContent ?? "") as PageData
  const canvas = byId("hf-chart") as PageCanvas
  const tip = byId("hf-tip")
  const picked = byId("hf-picked")
  const chart = chartOf(page, canvas, data, tools)
  const { atOf, barAt, endAt, firstFrom, left, linesOf, plot, rowHeight, rows, view, xOf } = chart
  let queued = false

  const later = (): void => {
    if (queued) return
    queued = true
    page.requestAnimationFrame(() => {
      queued = false
      chart.draw()
    })
  }

  const placeTip = (lines: ReadonlyArray<string>, x: number, y: number): void => {
    tip.hidden = lines.length === 0
    tip.textContent = lines.join("\n")
    tip.style.left = `${Math.max(0, Math.min(x + 14, chart.width() - tip.offsetWidth - 4))}px`
    tip.style.top = `${y + 18}px`
  }

  const choose = (row: number, bar: number, reveal: boolean): void => {
    const start = rows[row]?.starts[bar]
    if (start === undefined) return
    view.chosen = { row, bar }
    picked.textContent = linesOf(row, bar).join("\n")
    picked.hidden = false
    const end = start + (rows[row]?.span[bar] ?? 0)
    if (reveal && (end < view.from || start > view.to || xOf(end) - xOf(start) < 2)) {
      const half = Math.max((end - start) * 4, Math.min(view.to - view.from, data.length / 20) / 2)
      show((start + end) / 2 - half, (start + end) / 2 + half)
    }
    later()
  }

  const show = (start: number, end: number): void => {
    const length = Math.min(data.length, Math.max(0.05, end - start))
    view.from = Math.min(Math.max(0, start), data.length - length)
    view.to = view.from + length
    later()
  }
  const zoom = (factor: number, at = (view.from + view.to) / 2): void => {
    show(at - (at - view.from) * factor, at + (view.to - at) * factor)
  }

  const walk = (rowsOn: number, barsOn: number): void => {
    const { chosen } = view
    const row = Math.min(rows.length - 1, Math.max(0, (chosen?.row ?? 0) + rowsOn))
    const starts = rows[row]?.starts ?? []
    if (chosen === undefined) return choose(row, firstFrom(starts, view.from), false)
    const near = rowsOn === 0 ? chosen.bar : firstFrom(starts, rows[chosen.row]?.starts[chosen.bar] ?? 0)
    choose(row, Math.min(starts.length - 1, Math.max(0, near + barsOn)), true)
  }

  const keys: Record<string, () => void> = {
    ArrowRight: () => walk(0, 1),
    ArrowLeft: () => walk(0, -1),
    ArrowDown: () => walk(1, 0),
    ArrowUp: () => walk(-1, 0),
    Home: () => choose(view.chosen?.row ?? 0, 0, true),
    End: () => choose(view.chosen?.row ?? 0, (rows[view.chosen?.row ?? 0]?.starts.length ?? 0) - 1, true),
    "+": () => zoom(0.5),
    "=": () => zoom(0.5),
    "-": () => zoom(2),
    "0": () => show(0, data.length),
    Escape: () => {
      view.chosen = undefined
      picked.hidden = true
      later()
    }
  }
  canvas.addEventListener("keydown", (event) => {
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key]
    if (act === undefined) return
    event.preventDefault()
    act()
  })

  let dragged: { x: number; from: number; to: number; far: boolean } | undefined
  const placeOf = ({ clientX, clientY }: PageEvent): { x: number; y: number; row: number } => {
    const place = canvas.getBoundingClientRect()
    const y = clientY - place.top
    return { x: clientX - place.left, y, row: Math.floor(y / rowHeight) }
  }
  canvas.addEventListener("pointermove", (event) => {
    const { row, x, y } = placeOf(event)
    if (dragged !== undefined && event.buttons > 0) {
      dragged.far ||= Math.abs(x - dragged.x) > 3
      const moved = ((x - dragged.x) / plot()) * (dragged.to - dragged.from)
      if (dragged.far) show(dragged.from - moved, dragged.to - moved)
      placeTip([], x, y)
      return
    }
    const end = endAt(row, x)
    const bar = x < left ? undefined : barAt(row, x, y)
    placeTip(end !== undefined ? [end] : bar === undefined ? [] : linesOf(row, bar), x, y)
  })
  canvas.addEventListener("pointerleave", () => placeTip([], 0, 0))
  canvas.addEventListener("pointerdown", (event) => {
    dragged = { x: placeOf(event).x, from: view.from, to: view.to, far: false }
    canvas.setPointerCapture(event.pointerId)
  })
  canvas.addEventListener("pointerup", (event) => {
    const { row, x, y } = placeOf(event)
    const bar = dragged?.far === true || x < left ? undefined : barAt(row, x, y)
    dragged = undefined
    if (bar !== undefined) choose(row, bar, false)
  })
  canvas.addEventListener("dblclick", (event) => zoom(0.4, atOf(placeOf(event).x)))
  canvas.addEventListener(
    "wheel",
    (event) => {
      // A wheel alone scrolls the page, as everywhere.
      if (event.ctrlKey || event.metaKey) zoom(event.deltaY > 0 ? 1.25 : 0.8, atOf(placeOf(event).x))
      else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        const moved = (event.deltaX / plot()) * (view.to - view.from)
        show(view.from + moved, view.to + moved)
      } else return
      event.preventDefault()
    },
    { passive: false }
  )
  byId("hf-in").addEventListener("click", () => zoom(0.5))
  byId("hf-out").addEventListener("click", () => zoom(2))
  byId("hf-all").addEventListener("click", () => show(0, data.length))
  for (const button of document.querySelectorAll("button[data-row]")) {
    button.hidden = false
    button.addEventListener("click", () => {
      const row = rows.findIndex(({ id }) => id === Number(button.dataset.row))
      const bar = firstFrom(rows[row]?.starts ?? [], Number(button.dataset.at) - 0.02)
      choose(row, Math.min(bar, (rows[row]?.starts.length ?? 1) - 1), true)
      canvas.scrollIntoView({ block: "center" })
      canvas.focus({ preventScroll: true })
    })
  }
  page.addEventListener("resize", later)
  page.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    chart.readColours()
    later()
  })
  chart.draw()
}
