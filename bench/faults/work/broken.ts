/** A module that throws when it is imported, having noted that it was. */
import { appendFileSync } from "node:fs"
import { join } from "node:path"

const { FAULTS_FOLDER: folder = "." } = process.env
appendFileSync(join(folder, "started"), "import\n")

const broken = (): boolean => true
if (broken()) throw new TypeError("broken at import")

export const double = (n: number): number => n * 2
