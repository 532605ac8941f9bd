import { appendFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Files } from '../../ports/files.ts'

/** Files on the disk of this machine. */
export function createDiskFiles(): Files {
  return {
    read: (path) => orWhenMissing(readFile(path, 'utf8'), undefined),
    list: async (path) => (await orWhenMissing(readdir(path), [])).sort(),
    async write(path, text, options) {
      await mkdir(dirname(path), { recursive: true })
      const temporary = `${path}.${process.pid}`
      await writeFile(temporary, text, options?.secret ? { mode: 0o600 } : {})
      await rename(temporary, path)
    },
    async append(path, text) {
      await mkdir(dirname(path), { recursive: true })
      await appendFile(path, text)
    },
    remove: (path) => rm(path, { force: true }),
    async kind(path) {
      const found = await orWhenMissing(stat(path), undefined)
      if (!found) return 'missing'
      return found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other'
    },
  }
}

async function orWhenMissing<Found, Missing>(
  attempt: Promise<Found>,
  missing: Missing,
): Promise<Found | Missing> {
  try {
    return await attempt
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return missing
    throw error
  }
}
