/**
 * What a test file here works with: the tarballs, packed once before its tests, and projects that are removed after
 * each of them. Not what is done in them.
 */
import { afterAll, afterEach, beforeAll } from "vitest"
import type { Layout } from "./layout.ts"
import { type InstallOptions, Project, type ProjectOptions } from "./Project.ts"
import { Tarballs } from "./Tarballs.ts"

/** Packing builds three packages: seconds, and many of them where all cores are taken. */
const PACKING_MS = 180_000

export class Workshop {
  #tarballs: Tarballs | undefined
  readonly #projects: Array<Project> = []

  /** Opens one for this test file. */
  static open(): Workshop {
    const workshop = new Workshop()
    beforeAll(async () => {
      workshop.#tarballs = await Tarballs.pack()
    }, PACKING_MS)
    afterEach(async () => {
      for (const project of workshop.#projects.splice(0)) await project[Symbol.asyncDispose]()
    })
    afterAll(() => workshop.#tarballs?.[Symbol.asyncDispose]())
    return workshop
  }

  get tarballs(): Tarballs {
    if (this.#tarballs === undefined) throw new Error("Nothing is packed yet: ask for the tarballs inside of a test")
    return this.#tarballs
  }

  /** An empty project, removed at the test's end. */
  newProject(options?: ProjectOptions): Project {
    const project = new Project(options)
    this.#projects.push(project)
    return project
  }

  /** A project with Holdfast installed, without a registry. */
  install(layout: Layout, options: ProjectOptions & InstallOptions = {}): Project {
    return this.newProject(options).install(this.tarballs, layout, options)
  }
}
