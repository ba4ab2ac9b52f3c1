/**
 * Numbers in bytes, for what runs with each job. A Buffer checks what it is given in five calls a number, where a
 * DataView is a part of V8: until V8 has compiled a job's way, which takes it a thousand jobs, calls are what it
 * consists of (decision 0044). Little-endian everywhere.
 */

/** The words of these bytes, not copied. */
export const wordsOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength)

/** Some of these bytes, not copied. */
export const bytesOf = ({ buffer, byteOffset }: Uint8Array, from: number, length: number): Uint8Array =>
  new Uint8Array(buffer, byteOffset + from, length)
