import type { Files } from '../../ports/files.ts'

/** Files that are a map from path to text; tests change it as they go. A path below which something lies is a folder. */
export interface MemoryFiles extends Files {
  texts: Map<string, string>
}

export function createMemoryFiles(texts: Readonly<Record<string, string>> = {}): MemoryFiles {
  const held = new Map(Object.entries(texts))
  const below = (path: string) => [...held.keys()].filter((other) => other.startsWith(`${path}/`))
  return {
    texts: held,
    read: async (path) => held.get(path),
    list: async (path) =>
      [...new Set(below(path).map((other) => other.slice(path.length + 1).split('/')[0] ?? ''))].sort(),
    async write(path, text) {
      held.set(path, text)
    },
    async append(path, text) {
      held.set(path, (held.get(path) ?? '') + text)
    },
    async remove(path) {
      held.delete(path)
    },
    kind: async (path) => (held.has(path) ? 'file' : below(path).length > 0 ? 'folder' : 'missing'),
  }
}
