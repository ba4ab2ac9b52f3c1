/** What we use of cli-progress 3.12, which comes without types. */
declare module "cli-progress" {
  export interface BarOptions {
    readonly barCompleteString: string
    readonly barIncompleteString: string
  }

  export interface MultiBarOptions {
    readonly stream: NodeJS.WritableStream
    readonly fps: number
    readonly clearOnComplete: boolean
    readonly forceRedraw: boolean
    readonly linewrap: boolean
    readonly barCompleteChar: string
    readonly barIncompleteChar: string
  }

  export interface Bar {
    readonly isActive: boolean
  }

  export class MultiBar {
    constructor(options: MultiBarOptions)
    readonly bars: Array<Bar>
    readonly timer: NodeJS.Timeout | null
    readonly terminal: {
      cursorRelativeReset(): void
      clearBottom(): void
    }
    create(
      total: number,
      start: number,
      payload: object,
      options: { readonly format: (options: BarOptions, params: { readonly maxWidth: number }) => string }
    ): Bar
    update(): void
    stop(): void
    on(event: "update-pre" | "update-post", listener: () => void): this
  }
}
