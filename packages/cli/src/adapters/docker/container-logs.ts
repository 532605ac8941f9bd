import { createInterface } from 'node:readline'
import { PassThrough } from 'node:stream'
import type { LogLine, LogQuery } from '../../ports/runtime.ts'
import type { Engine } from './engine.ts'

/** The logs of some containers, by the service that each is: the last lines in the order of their times, then what is added. */
export async function* readContainerLogs(
  engine: Engine,
  containers: ReadonlyMap<string, string>,
  query: LogQuery,
  signal: AbortSignal,
): AsyncIterable<LogLine> {
  const wanted = [...containers].filter(([service]) => query.services.includes(service))
  const until = Math.floor(Date.now() / 1000)
  const past: LogLine[] = []
  for (const [service, id] of wanted)
    past.push(...(await tailOf(engine, { service, id, lines: query.lines })))
  yield* past
    .map((line, index) => ({ line, index }))
    .sort((a, b) => (a.line.at ?? 0) - (b.line.at ?? 0) || a.index - b.index)
    .map(({ line }) => line)
  if (query.follow) yield* follow(engine, wanted, { since: until, signal })
}

interface Tail {
  service: string
  id: string
  lines: number
}

async function tailOf(engine: Engine, { service, id, lines }: Tail): Promise<LogLine[]> {
  if (lines <= 0) return []
  const bytes = await engine
    .getContainer(id)
    .logs({ follow: false, stdout: true, stderr: true, timestamps: true, tail: lines })
  return framesOf(bytes as unknown as Buffer)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => parseLine(service, line))
}

/** Bytes of a stream header: one of the stream, three unused, four of the length of what follows. */
const HEADER_BYTES = 8

/** The text in the frames that stdout and stderr of a container come in. */
export function framesOf(bytes: Buffer): string {
  const parts: Buffer[] = []
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const length = bytes.readUInt32BE(at + 4)
    parts.push(bytes.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length))
    at += HEADER_BYTES + length
  }
  return Buffer.concat(parts).toString('utf8')
}

async function* follow(
  engine: Engine,
  wanted: readonly (readonly [service: string, id: string])[],
  { since, signal }: { since: number; signal: AbortSignal },
): AsyncIterable<LogLine> {
  const waiting: LogLine[] = []
  let wake = () => {}
  const streams: { destroy(): void }[] = []
  let open = wanted.length
  for (const [service, id] of wanted) {
    const stream = await engine
      .getContainer(id)
      .logs({ follow: true, stdout: true, stderr: true, timestamps: true, since })
    const text = new PassThrough()
    engine.modem.demuxStream(stream, text, text)
    streams.push(stream as unknown as { destroy(): void })
    stream.once('end', () => text.end())
    stream.once('error', () => text.end())
    const lines = createInterface({ input: text })
    lines.on('line', (line) => {
      waiting.push(parseLine(service, line))
      wake()
    })
    lines.once('close', () => {
      open -= 1
      wake()
    })
  }
  signal.addEventListener('abort', () => wake(), { once: true })
  try {
    while (!signal.aborted && (open > 0 || waiting.length > 0)) {
      yield* waiting.splice(0)
      if (waiting.length > 0 || signal.aborted) continue
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  } finally {
    for (const stream of streams) stream.destroy()
  }
}

/** The engine's timestamp has nanoseconds; lines of services may repeat it in their own form. */
function parseLine(service: string, line: string): LogLine {
  const [, at, text] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z) ?(.*)$/s.exec(line) ?? []
  return at === undefined
    ? { service, at: undefined, text: line }
    : { service, at: Date.parse(at), text: (text ?? '').replace(/\r$/, '') }
}
