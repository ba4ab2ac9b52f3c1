/**
 * What tells one build of this package from another. Who installs or builds anew while a program runs changes the files
 * under it: the program goes on with those that it has read, and its next worker reads the new ones.
 */

/** Made of all of the built files by `packages/mark-build.mjs`. */
export const buildMark: string = "source"

/** Said by a worker that is not of the program's build: they might understand each other wrongly. */
export const OTHER_BUILD =
  "its files are not those that the program has read: Holdfast was installed or built anew meanwhile. Start the program again"
