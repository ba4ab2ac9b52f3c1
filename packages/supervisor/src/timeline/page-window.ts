/** What the page's script uses of a browser: types alone, since nothing else here may know the DOM. */

export interface PageEvent {
  readonly key: string
  readonly clientX: number
  readonly clientY: number
  readonly deltaX: number
  readonly deltaY: number
  readonly buttons: number
  readonly pointerId: number
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly altKey: boolean
  readonly shiftKey: boolean
  preventDefault(): void
}

export interface PageElement {
  textContent: string | null
  hidden: boolean
  readonly style: { width: string; height: string; left: string; top: string; cursor: string }
  readonly dataset: Readonly<Record<string, string | undefined>>
  readonly clientWidth: number
  readonly offsetWidth: number
  addEventListener(type: string, listener: (event: PageEvent) => void, options?: { readonly passive?: boolean }): void
  getBoundingClientRect(): {
    readonly left: number
    readonly top: number
    readonly width: number
    readonly height: number
  }
  setPointerCapture(pointer: number): void
  focus(options?: { readonly preventScroll?: boolean }): void
  scrollIntoView(options?: { readonly block?: string; readonly behavior?: string }): void
}

/** What is used of a `CanvasRenderingContext2D`. */
export interface PageBrush {
  fillStyle: string
  strokeStyle: string
  lineWidth: number
  font: string
  textAlign: string
  textBaseline: string
  setTransform(a: number, b: number, c: number, d: number, e: number, f: number): void
  clearRect(x: number, y: number, width: number, height: number): void
  fillRect(x: number, y: number, width: number, height: number): void
  strokeRect(x: number, y: number, width: number, height: number): void
  fillText(text: string, x: number, y: number): void
  beginPath(): void
  moveTo(x: number, y: number): void
  lineTo(x: number, y: number): void
  stroke(): void
  save(): void
  restore(): void
  rect(x: number, y: number, width: number, height: number): void
  clip(): void
}

export interface PageCanvas extends PageElement {
  width: number
  height: number
  getContext(kind: "2d"): PageBrush
}

export interface PageWindow {
  readonly devicePixelRatio: number
  readonly innerWidth: number
  readonly document: {
    readonly documentElement: PageElement
    getElementById(id: string): PageElement | null
    querySelectorAll(selector: string): Iterable<PageElement>
  }
  getComputedStyle(element: PageElement): { getPropertyValue(name: string): string }
  matchMedia(query: string): { addEventListener(type: "change", listener: () => void): void }
  requestAnimationFrame(draw: () => void): number
  addEventListener(type: string, listener: (event: PageEvent) => void): void
}
