/** What the workers of some pools import before they do anything: it says that it is there. */
Reflect.set(globalThis, "holdfastPreloaded", "preloaded")
