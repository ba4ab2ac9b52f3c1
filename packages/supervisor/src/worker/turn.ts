/**
 * Lets the event loop turn until it has read what has arrived. From within what has just been read an immediate comes
 * before the next poll, and one that an immediate sets comes behind it (libuv: timers, poll, check).
 */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
