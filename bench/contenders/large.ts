/** Round trips of an array of 8 MB, one after another; what came back is looked at, at both ends. */

const BYTES = 8 * 2 ** 20

/** An array of 8 MB, in this memory if one is given. */
export const largeArray = (memory: ArrayBufferLike = new ArrayBuffer(BYTES)): Float64Array => new Float64Array(memory)

/**
 * Sends an array so often. `send` gives what came back: the array, or, where both sides see the same one, a sum. Each
 * trip has added 1 at its start and 2 at its end.
 */
export const trips =
  (count: number, send: (array: Float64Array) => PromiseLike<unknown>, shared?: Float64Array) =>
  async (): Promise<Array<number>> => {
    const results: Array<number> = []
    let array = shared ?? largeArray()
    for (let trip = 0; trip < count; trip++) {
      const answer = await send(array)
      if (shared === undefined) array = answer as Float64Array
      const last = array.length - 1
      results.push(array[0] ?? -1, array[last] ?? -1)
      array[0] = 0
      array[last] = 0
    }
    return results
  }
