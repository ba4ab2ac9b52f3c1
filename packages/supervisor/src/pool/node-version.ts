/**
 * Refuses a pool on a Node that is too old for it. Its workers would end at once, and what they print then names a
 * function of Node that is missing there, not the remedy.
 */

/** The oldest that is tested: `engines` of the packages says the same. */
const LEAST = { major: 22, minor: 19 }

/** Throws unless `version` (as in `process.versions.node`) is new enough. */
export const refuseOldNode = (version: string, where: string): void => {
  const [major = 0, minor = 0] = version.split(".").map(Number)
  if (major > LEAST.major || (major === LEAST.major && minor >= LEAST.minor)) return
  throw new Error(
    `${where} needs Node ${LEAST.major}.${LEAST.minor} or newer, and this is Node ${version} (${process.execPath}). ` +
      "`npx -p node@26 node program.js` runs a program under a newer one without installing it"
  )
}
