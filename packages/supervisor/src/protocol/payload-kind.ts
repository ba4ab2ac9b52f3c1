/** How the values of a payload are laid out, as both ends name it. Not the values themselves: `values.ts`. */

/**
 * How values are laid out. `numbers`: raw little-endian doubles; `int32` and `int16`: whole numbers that short. `batch`:
 * one v8 stream. `framed`: each by itself, behind its u32 length. `rows`: plain data whose keys are named once
 * (`row-writer.ts`). `view`, and the numbers from it on: one typed array's bare bytes (`lone-view.ts`).
 */
export const PayloadKind = { numbers: 1, batch: 2, framed: 3, rows: 4, int32: 5, int16: 6, view: 16 } as const
export type PayloadKind = (typeof PayloadKind)[keyof typeof PayloadKind]
