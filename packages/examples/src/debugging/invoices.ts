/** Reads invoices; one of them ends its worker. */
import { Task } from "holdfast"

export const parse = Task.fn(import.meta, "parse", (path: string) => {
  console.log(`reading ${path}`)
  if (path === "broken.pdf") process.exit(3)
  return path.length
})
