import { RadtuneError } from '@radtune/core/errors'
import type { DataPath, Project } from '../../ports/project.ts'
import type { Launch } from '../../ports/runtime.ts'

/** Files of a memory project; tests change them as they go. */
export interface MemoryProject extends Project {
  /** Contents of data files by absolute path. */
  files: Map<string, string>
  /** What standard input holds. */
  input: string
  launch: Launch | undefined
  /** Who holds the lock. */
  holder: string | undefined
}

export function createMemoryProject(): MemoryProject {
  const project: MemoryProject = {
    directory: '/project',
    files: new Map(),
    input: '',
    launch: undefined,
    holder: undefined,
    async lock(operation) {
      if (project.holder)
        throw new RadtuneError('RT-UP-002', {
          what: `radtune ${project.holder} runs on this project`,
          why: 'process 4711 holds the lock',
        })
      project.holder = operation
      return {
        async release() {
          project.holder = undefined
        },
      }
    },
    async readLaunch() {
      return project.launch
    },
    async writeLaunch(launch) {
      const before = project.launch
      project.launch = launch
      if (!before) return 'new'
      return JSON.stringify(before) === JSON.stringify(launch) ? 'same' : 'changed'
    },
    async checkData(path): Promise<DataPath> {
      const absolute = path.startsWith('/') ? path : `/project/${path}`
      const text = project.files.get(absolute)
      if (text === undefined) throw new RadtuneError('RT-DATA-002', { what: `${path} does not exist` })
      return { path: absolute, firstFile: absolute, firstBytes: new TextEncoder().encode(text) }
    },
    async spoolInput() {
      const path = '/project/.radtune/local/stdin/stdin-memory.csv'
      project.files.set(path, project.input)
      return path
    },
    async pruneSpool(keep) {
      for (const path of project.files.keys())
        if (path.includes('/stdin/') && !keep.includes(path)) project.files.delete(path)
    },
  }
  return project
}
