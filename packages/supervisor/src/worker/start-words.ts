/** What kept a worker from getting ready, in words: whose module or context that was, where it is known. */
export const startWords = (what: string, preloading: string | undefined, building: string | undefined): string => {
  if (preloading !== undefined) return `preloading ${preloading} failed: ${what}`
  return building === undefined ? what : `its context ${JSON.stringify(building)} failed: ${what}`
}
