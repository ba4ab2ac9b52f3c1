/** The work of the measurements, where no Holdfast is known: as little as a task can do, so that its transport shows. */

/** @param {number} n */
export const squareOf = (n) => n * n
