import { type FileHandle, open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { LogLine, LogQuery } from '../../ports/runtime.ts'

const CHUNK_BYTES = 64 * 1024
const POLL_MS = 150

/**
 * The last `lines` of each service's log in the order of their times, then, with `follow`, what is added until the
 * signal is aborted. Works whether or not anything runs. No services named means all that have a log.
 */
export async function* readLogs(
  folder: string,
  query: LogQuery,
  signal: AbortSignal,
): AsyncIterable<LogLine> {
  const services = query.services.length > 0 ? query.services : await servicesWithLogs(folder)
  const positions = new Map<string, Position>()
  const lines: LogLine[] = []
  for (const service of services) {
    const { tail, position } = await readTail(folder, service, query.lines)
    positions.set(service, position)
    lines.push(...tail)
  }
  yield* inOrder(lines)
  while (query.follow && !signal.aborted) {
    const added: LogLine[] = []
    for (const service of services) added.push(...(await readAdded(folder, service, positions)))
    yield* inOrder(added)
    if (added.length === 0) await delay(POLL_MS, undefined, { signal }).catch(() => undefined)
  }
}

/** Lines of one service keep their order; services are merged by time. */
function inOrder(lines: LogLine[]): LogLine[] {
  return lines
    .map((line, index) => ({ line, index }))
    .sort((a, b) => (a.line.at ?? 0) - (b.line.at ?? 0) || a.index - b.index)
    .map(({ line }) => line)
}

export async function servicesWithLogs(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  return names
    .filter((name) => name.endsWith('.log') && name !== 'supervisor.log')
    .map((name) => name.slice(0, -'.log'.length))
    .sort()
}

interface Position {
  inode: number
  offset: number
}

async function readTail(
  folder: string,
  service: string,
  count: number,
): Promise<{ tail: LogLine[]; position: Position }> {
  const path = join(folder, `${service}.log`)
  const position: Position = { inode: 0, offset: 0 }
  let texts: string[] = []
  for (const candidate of [path, `${path}.1`, `${path}.2`]) {
    const file = await open(candidate).catch(() => undefined)
    if (!file) continue
    try {
      const status = await file.stat()
      if (candidate === path) {
        position.inode = status.ino
        position.offset = status.size
      }
      texts = [...(await lastLinesOf(file, status.size, count - texts.length)), ...texts]
    } finally {
      await file.close()
    }
    if (texts.length >= count) break
  }
  return { tail: texts.map((text) => parseLine(service, text)), position }
}

/** Reads a file backwards until it has enough lines. */
async function lastLinesOf(file: FileHandle, sizeBytes: number, count: number): Promise<string[]> {
  if (count <= 0) return []
  let start = sizeBytes
  let bytes = Buffer.alloc(0)
  while (start > 0) {
    const from = Math.max(0, start - CHUNK_BYTES)
    bytes = Buffer.concat([await readRange(file, from, start), bytes])
    start = from
    if (countNewlines(bytes) > count) break
  }
  const lines = bytes.toString('utf8').split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines.slice(-count)
}

async function readAdded(
  folder: string,
  service: string,
  positions: Map<string, Position>,
): Promise<LogLine[]> {
  const path = join(folder, `${service}.log`)
  const position = positions.get(service) ?? { inode: 0, offset: 0 }
  positions.set(service, position)
  const status = await stat(path).catch(() => undefined)
  if (!status) return []
  let bytes: Buffer = Buffer.alloc(0)
  if (status.ino !== position.inode) {
    // Rotated since: the rest of what was being read is in the newest closed file.
    const closed = await stat(`${path}.1`).catch(() => undefined)
    if (closed?.ino === position.inode) bytes = await readFrom(`${path}.1`, position.offset)
    position.inode = status.ino
    position.offset = 0
  }
  if (status.size < position.offset) position.offset = 0
  const added = status.size > position.offset ? await readFrom(path, position.offset) : Buffer.alloc(0)
  // A line that is being written is left for the next look.
  const complete = added.subarray(0, added.lastIndexOf(10) + 1)
  position.offset += complete.length
  const lines = Buffer.concat([bytes, complete]).toString('utf8').split('\n')
  lines.pop()
  return lines.map((line) => parseLine(service, line))
}

async function readFrom(path: string, offset: number): Promise<Buffer> {
  const file = await open(path).catch(() => undefined)
  if (!file) return Buffer.alloc(0)
  try {
    return await readRange(file, offset, (await file.stat()).size)
  } finally {
    await file.close()
  }
}

async function readRange(file: FileHandle, from: number, to: number): Promise<Buffer> {
  const buffer = Buffer.alloc(to - from)
  const { bytesRead } = await file.read(buffer, 0, buffer.length, from)
  return buffer.subarray(0, bytesRead)
}

function parseLine(service: string, text: string): LogLine {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ?(.*)$/s.exec(text)
  return match
    ? { service, at: Date.parse(match[1] as string), text: match[2] as string }
    : { service, at: undefined, text }
}

function countNewlines(bytes: Buffer): number {
  let count = 0
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) count++
  return count
}
