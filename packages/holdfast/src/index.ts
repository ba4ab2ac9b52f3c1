/** The name people install: everything of core and supervisor. */
export * from "@holdfast/core"
export * from "@holdfast/supervisor"
