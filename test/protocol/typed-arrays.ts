/** The classes of typed arrays, for tests of each. A DataView is none. */

/** Whose elements are numbers. */
export const numberArrays = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array
]

/** Those that every Node has. */
export const typedArrays = [...numberArrays, BigInt64Array, BigUint64Array]

const float16: unknown = Reflect.get(globalThis, "Float16Array")

/** The one that Node has from version 24 on, if it is here. */
export const float16Arrays = typeof float16 === "function" ? [float16 as Float32ArrayConstructor] : []
