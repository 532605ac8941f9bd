import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { StringDecoder } from 'node:string_decoder'

const LONGEST_LINE = 16 * 1024

export interface LogFileOptions {
  path: string
  /** A file that reaches this size is closed and becomes `<path>.1`. */
  maxBytes?: number
  /** Files kept, the open one included. */
  keep?: number
  now?: () => number
}

export interface LogFile {
  /** Appends lines, each with the time in front. Never throws: a full disk must not stop a service. */
  write(lines: readonly string[]): void
  close(): void
}

/** A log of bounded size: 3 files of 10 MiB unless told otherwise. */
export function openLogFile({
  path,
  maxBytes = 10 * 1024 * 1024,
  keep = 3,
  now = Date.now,
}: LogFileOptions): LogFile {
  let file: number | undefined
  let sizeBytes = 0
  const open = () => {
    mkdirSync(dirname(path), { recursive: true })
    file = openSync(path, 'a', 0o600)
    sizeBytes = fstatSync(file).size
  }
  const close = () => {
    if (file !== undefined) closeSync(file)
    file = undefined
  }
  const rotate = () => {
    close()
    for (let index = keep - 1; index >= 1; index--) {
      try {
        renameSync(index === 1 ? path : `${path}.${index - 1}`, `${path}.${index}`)
      } catch {
        // Not there yet.
      }
    }
    open()
  }
  return {
    write(lines) {
      if (lines.length === 0) return
      const time = new Date(now()).toISOString()
      const text = lines.map((line) => `${time} ${line}\n`).join('')
      try {
        if (file === undefined) open()
        if (sizeBytes > 0 && sizeBytes + text.length > maxBytes) rotate()
        if (file !== undefined) sizeBytes += writeSync(file, text)
      } catch {
        close()
      }
    },
    close,
  }
}

/** Cuts a stream of bytes into lines; a line longer than 16 KiB is cut too, so that nothing grows without bound. */
export function createLineSplitter(onLines: (lines: string[]) => void): {
  push(chunk: Uint8Array): void
  end(): void
} {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  const take = (text: string) => {
    const lines = (rest + text).split(/\r?\n/)
    rest = lines.pop() ?? ''
    while (rest.length > LONGEST_LINE) {
      lines.push(rest.slice(0, LONGEST_LINE))
      rest = rest.slice(LONGEST_LINE)
    }
    if (lines.length > 0) onLines(lines.flatMap((line) => cut(line)))
  }
  return {
    push: (chunk) => take(decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))),
    end() {
      take(decoder.end())
      if (rest !== '') onLines([rest])
      rest = ''
    },
  }
}

function cut(line: string): string[] {
  if (line.length <= LONGEST_LINE) return [line]
  const parts: string[] = []
  for (let at = 0; at < line.length; at += LONGEST_LINE) parts.push(line.slice(at, at + LONGEST_LINE))
  return parts
}
