import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { constants, gunzipSync } from 'node:zlib'
import { RadtuneError } from '@radtune/core/errors'
import { SNIFF_BYTES } from '@radtune/core/safecast'
import { parse, stringify } from 'yaml'
import type { DataPath, Project } from '../../ports/project.ts'
import type { Launch } from '../../ports/runtime.ts'
import { lockProject } from './operation-lock.ts'

const STACK_HEADER =
  '# What `radtune up` launched last, on this machine. Written by radtune; changes made here have no effect.\n'

/** The files of the project in `directory`. Relative data paths are those of `workingDirectory`. */
export function createProject({
  directory,
  workingDirectory = process.cwd(),
  input = process.stdin,
}: {
  directory: string
  workingDirectory?: string
  input?: Readable
}): Project {
  const state = join(directory, '.radtune')
  const stackFile = join(state, 'stack.yaml')
  const spool = join(state, 'local', 'stdin')
  return {
    directory,
    lock: (operation) => lockProject(state, operation),
    async readLaunch() {
      const text = await readFile(stackFile, 'utf8').catch(() => undefined)
      return text === undefined ? undefined : parseLaunch(text)
    },
    async writeLaunch(launch) {
      const text = STACK_HEADER + stringify(launch, { sortMapEntries: false, lineWidth: 0 })
      const before = await readFile(stackFile, 'utf8').catch(() => undefined)
      if (before === text) return 'same'
      await mkdir(state, { recursive: true })
      await writeWhole(stackFile, text)
      return before === undefined ? 'new' : 'changed'
    },
    checkData: (path) => checkData(resolve(workingDirectory, path), path),
    spoolInput: () => spoolInput(input, spool),
    async pruneSpool(keep) {
      for (const name of await readdir(spool).catch(() => []))
        if (!keep.includes(join(spool, name))) await rm(join(spool, name), { force: true })
    },
  }
}

function parseLaunch(text: string): Launch | undefined {
  try {
    const launch: unknown = parse(text)
    return isLaunch(launch) ? launch : undefined
  } catch {
    return undefined // Damaged or written by another version: as good as none.
  }
}

function isLaunch(value: unknown): value is Launch {
  const launch = value as Partial<Launch> | null
  return launch?.spec?.schema === 'radtune.stack/1' && Array.isArray(launch.spec.services)
}

async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}`
  await writeFile(temporary, text)
  await rename(temporary, path)
}

async function checkData(path: string, typed: string): Promise<DataPath> {
  try {
    const firstFile = (await stat(path)).isDirectory() ? await firstDump(path, typed) : path
    return { path, firstFile, firstBytes: decompressed(await readStart(firstFile), typed) }
  } catch (error) {
    throw unreadable(error, typed)
  }
}

async function firstDump(folder: string, typed: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => /\.csv(\.gz)?$/i.test(name)).sort()
  const [first] = names
  if (first === undefined)
    throw new RadtuneError('RT-DATA-002', {
      what: `${typed} is a folder without *.csv or *.csv.gz files`,
      fix: [`ls ${typed}`],
    })
  return join(folder, first)
}

async function readStart(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r')
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(SNIFF_BYTES), 0, SNIFF_BYTES, null)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/** What the start of a gzip file holds; other files as they are. */
function decompressed(bytes: Uint8Array, typed: string): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes
  try {
    // Only the start was read: the missing end is no error.
    return gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, SNIFF_BYTES)
  } catch (error) {
    throw new RadtuneError('RT-DATA-003', {
      what: `${typed} begins like a gzip file, but cannot be decompressed`,
      why: error instanceof Error ? error.message : String(error),
      fix: [`gzip -t ${typed}`],
      cause: error,
    })
  }
}

function unreadable(error: unknown, typed: string): unknown {
  if (error instanceof RadtuneError || !(error instanceof Error)) return error
  const code = (error as NodeJS.ErrnoException).code
  const what =
    code === 'ENOENT'
      ? `${typed} does not exist`
      : code === 'EACCES'
        ? `${typed} may not be read`
        : `${typed} cannot be read`
  return new RadtuneError('RT-DATA-002', { what, why: error.message, fix: [`ls -l ${typed}`], cause: error })
}

/** Named by its content, so that the same input is the same stack and the provider resumes it. */
async function spoolInput(input: Readable, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  const temporary = join(folder, `reading-${randomUUID()}`)
  try {
    await pipeline(input, createWriteStream(temporary))
    const hash = createHash('sha256')
    for await (const chunk of createReadStream(temporary)) hash.update(chunk)
    const path = join(folder, `stdin-${hash.digest('hex').slice(0, 12)}.csv`)
    await rename(temporary, path)
    return path
  } catch (error) {
    await rm(temporary, { force: true })
    throw new RadtuneError('RT-DATA-002', {
      what: 'standard input could not be copied into the project',
      why: error instanceof Error ? error.message : String(error),
      fix: ['df -h .', 'radtune up --data FILE'],
      cause: error,
    })
  }
}
