import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { GroupSystem } from '../../src/adapters/local/control-group.ts'

/** A tree of files that looks like the control groups of a machine: what is written is what is read back, and nothing is enforced. */
export interface GroupTree {
  system: GroupSystem
  /** Pids that were killed. */
  killed: number[]
  path(file: string): string
  write(files: Readonly<Record<string, string>>): void
  read(file: string): string
  close(): void
}

export function createGroupTree(files: Readonly<Record<string, string>>): GroupTree {
  const root = mkdtempSync(join(tmpdir(), 'radtune-groups-'))
  const killed: number[] = []
  const tree: GroupTree = {
    system: {
      root,
      removeFolder: (path) => rmSync(path, { recursive: true }),
      kill: (pid) => void killed.push(pid),
    },
    killed,
    path: (file) => join(root, file),
    write(more) {
      for (const [file, text] of Object.entries(more)) {
        mkdirSync(dirname(join(root, file)), { recursive: true })
        writeFileSync(join(root, file), text)
      }
    },
    read: (file) => readFileSync(join(root, file), 'utf8'),
    close: () => rmSync(root, { recursive: true, force: true }),
  }
  tree.write(files)
  return tree
}
