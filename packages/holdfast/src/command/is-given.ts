/** False for "", which a shell makes of `"$VARIABLE"` that is not set; as a path it would be the working directory. */
export const isGiven = (text: string): boolean => text !== ""
