import { createReadStream } from 'node:fs'
import { open, readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { RadtuneError } from '@radtune/core/errors'
import { checkDumpStart, type DumpProblem, SNIFF_BYTES, sniffDump } from '@radtune/core/safecast'

/** One file of the data, or standard input. */
export interface DumpFile {
  /** `-` for standard input. */
  path: string
  /** Its name without folders, for row references and people. */
  name: string
}

/**
 * Lists the files that the paths stand for, in order: a folder is its *.csv and *.csv.gz sorted by name, `-` is standard
 * input. Looks at the start of each, so that a bad one is refused before anything is published.
 * Throws RT-DATA-001 to RT-DATA-004.
 */
export async function listDumpFiles(
  paths: readonly string[],
  options: { loop: boolean },
): Promise<DumpFile[]> {
  const files: DumpFile[] = []
  for (const path of paths) {
    if (path === '-') {
      if (options.loop || files.some((file) => file.path === '-')) throw readOnce()
      files.push({ path, name: 'stdin' })
      continue
    }
    const found = await filesOf(path)
    for (const file of found) await checkStart(file)
    files.push(...found)
  }
  return files
}

/** Streams the bytes of a file, decompressed, in pieces of at most 64 KiB. Throws RT-DATA-002 and RT-DATA-003. */
export async function* readDumpBytes(
  file: DumpFile,
  options: { signal: AbortSignal; stdin?: Readable },
): AsyncGenerator<Buffer> {
  const raw =
    file.path === '-'
      ? (options.stdin ?? process.stdin)
      : createReadStream(file.path, { highWaterMark: PIECE_BYTES })
  const pieces = withStart(raw as AsyncIterable<Buffer>)
  const stop = () => raw.destroy()
  options.signal.addEventListener('abort', stop, { once: true })
  try {
    const start = await pieces.start()
    const kind = sniffDump(start)
    if (kind.kind === 'refused') throw problemError(file, kind)
    if (kind.kind === 'empty')
      throw problemError(file, { code: 'RT-DATA-002', problem: 'it is empty', fix: undefined })
    if (kind.kind === 'gzip') yield* gunzipped(file, pieces.all())
    else yield* pieces.all()
  } catch (error) {
    if (options.signal.aborted) return
    throw error instanceof RadtuneError ? error : unreadable(file.path, error)
  } finally {
    options.signal.removeEventListener('abort', stop)
    raw.destroy()
  }
}

/** A problem with one file as the error that a person gets. */
export function problemError(file: DumpFile, { code, problem, fix }: DumpProblem): RadtuneError {
  const name = file.path === '-' ? 'standard input' : file.path
  return new RadtuneError(code, {
    what: `${name} cannot be published: ${problem}`,
    ...(fix && { fix: fix.map((line) => line.replace('FILE', () => file.path)) }),
  })
}

const PIECE_BYTES = 64 * 1024

async function filesOf(path: string): Promise<DumpFile[]> {
  const found = await stat(path).catch((error) => {
    throw unreadable(path, error)
  })
  if (!found.isDirectory()) return [{ path, name: basename(path) }]
  const names = (await readdir(path)).filter((name) => /\.csv(\.gz)?$/i.test(name)).sort()
  if (names.length === 0) {
    throw new RadtuneError('RT-DATA-002', {
      what: `the folder ${path} has no *.csv or *.csv.gz`,
      fix: [`ls ${path}`],
    })
  }
  return names.map((name) => ({ path: join(path, name), name }))
}

async function checkStart(file: DumpFile): Promise<void> {
  const start = await firstBytes(file.path)
  const kind = sniffDump(start)
  if (kind.kind !== 'gzip') {
    const problem = checkDumpStart(start)
    if (problem) throw problemError(file, problem)
    return
  }
  const inside: Buffer[] = []
  let length = 0
  const signal = new AbortController().signal
  for await (const piece of readDumpBytes(file, { signal })) {
    inside.push(piece)
    length += piece.length
    if (length >= SNIFF_BYTES) break
  }
  const problem = checkDumpStart(Buffer.concat(inside).subarray(0, SNIFF_BYTES))
  if (problem) throw problemError(file, problem)
}

async function firstBytes(path: string): Promise<Buffer> {
  try {
    await using handle = await open(path)
    const buffer = Buffer.alloc(SNIFF_BYTES)
    const { bytesRead } = await handle.read(buffer, 0, SNIFF_BYTES, 0)
    return buffer.subarray(0, bytesRead)
  } catch (error) {
    throw unreadable(path, error)
  }
}

async function* gunzipped(file: DumpFile, pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: PIECE_BYTES })
  const source = Readable.from(pieces, { objectMode: false })
  source.on('error', (error) => gunzip.destroy(error))
  source.pipe(gunzip)
  let first = true
  try {
    for await (const piece of gunzip as AsyncIterable<Buffer>) {
      if (first) {
        first = false
        const kind = sniffDump(piece)
        if (kind.kind === 'refused') throw problemError(file, kind)
      }
      yield piece
    }
  } catch (error) {
    if (error instanceof RadtuneError) throw error
    throw new RadtuneError('RT-DATA-005', {
      what: `${file.path} is damaged: ${error instanceof Error ? error.message : String(error)}`,
      fix: [`gzip -t ${file.path}`],
      cause: error,
    })
  } finally {
    source.destroy()
    gunzip.destroy()
  }
}

/** Lets the start of a stream be looked at before all of it is read. */
function withStart(raw: AsyncIterable<Buffer>) {
  const iterator = raw[Symbol.asyncIterator]()
  const held: Buffer[] = []
  return {
    async start(): Promise<Buffer> {
      let length = 0
      while (length < SNIFF_BYTES) {
        const next = await iterator.next()
        if (next.done) break
        held.push(next.value)
        length += next.value.length
      }
      return Buffer.concat(held).subarray(0, SNIFF_BYTES)
    },
    async *all(): AsyncGenerator<Buffer> {
      yield* held.splice(0)
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value
    },
  }
}

function unreadable(path: string, error: unknown): RadtuneError {
  const why = error instanceof Error ? error.message : String(error)
  return new RadtuneError('RT-DATA-002', {
    what: `${path} cannot be read`,
    why,
    fix: [`ls -l ${path}`],
    cause: error,
  })
}

function readOnce(): RadtuneError {
  return new RadtuneError('RT-DATA-004', {
    what: '--data - reads standard input, which can be read once only',
  })
}
