import { TOPICS } from '@radtune/core/contract'
import type { Trace } from '../services/trace-record.ts'
import type { StreamStyle } from './output.ts'
import { tableText } from './table-text.ts'
import { utf8Of } from './trace-data.ts'

/** Text of `radtune trace`: the record, what each stage said, its times, and last where it ended. */
export function traceText(trace: Trace, style: StreamStyle): string {
  const { palette, columns } = style
  const { place, record, row, stages, times } = trace
  const table = (rows: string[][]) =>
    tableText(
      rows.map(([name = '', ...cells]) => [palette.dim(name.padEnd(NAME_CELLS)), ...cells]),
      { columns },
    )
  const head = [
    ['record', `${TOPICS.input} ${place.partition}:${place.offset}`],
    ...(row === undefined ? [] : [['row', shown(row)]]),
    ...(record.key === null ? [] : [['key', shown(record.key)]]),
    ['value', valueText(record.value)],
  ]
  return [
    table(head),
    '',
    table(stages.map(({ stage, verdict, detail }) => [stage, paint(verdict, style), shown(detail)])),
    '',
    tableText(
      times.map(({ event, at, afterMs }) => [
        palette.dim(event.padEnd(NAME_CELLS)),
        timeText(at),
        afterText(afterMs),
      ]),
      { columns, align: ['left', 'left', 'right'] },
    ),
    '',
    endText(trace, style),
  ].join('\n')
}

/** As wide as the longest name of a time. */
const NAME_CELLS = TOPICS.input.length

function endText({ outcome, times }: Trace, { palette }: StreamStyle): string {
  switch (outcome.kind) {
    case 'kept':
      return `${palette.green('kept')}  in ${outcome.topic}${wayText(times)}`
    case 'dirty':
      return `${palette.yellow('dirty')}  in ${outcome.topic}: ${outcome.reject.reason}${wayText(times)}`
    case 'duplicate':
      return `${palette.yellow('duplicate')}  it was read and is in no output`
    case 'waiting':
      return `${palette.yellow('not processed yet')}  ${outcome.why}`
    case 'unknown':
      return `${palette.red('cannot be told')}  ${outcome.why}`
  }
}

function wayText(times: Trace['times']): string {
  const [first, last] = [times[0]?.at, times.at(-1)?.at]
  return first === undefined || last === undefined ? '' : `, ${last - first} ms after it was sent`
}

function paint(verdict: Trace['stages'][number]['verdict'], { palette }: StreamStyle): string {
  switch (verdict) {
    case 'passed':
      return palette.green(verdict)
    case 'rejected':
    case 'dropped':
      return palette.yellow(verdict)
    default:
      return palette.dim(verdict)
  }
}

function timeText(at: number | undefined): string {
  return at === undefined ? '-' : `${new Date(at).toISOString().replace('T', ' ').replace('Z', '')} UTC`
}

function afterText(afterMs: number | undefined): string {
  return afterMs === undefined ? '' : `${afterMs < 0 ? '' : '+'}${afterMs} ms`
}

function valueText(value: Uint8Array | null): string {
  const text = utf8Of(value)
  if (text === null) return 'none'
  return text === undefined ? `${value?.length} bytes that are not UTF-8 text` : shown(text)
}

/** Long enough for every honest value. */
const MAX_SHOWN = 600

/** What anybody may have written, on one line and without what would steer a terminal. */
function shown(text: string): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '�')
  return plain.length > MAX_SHOWN ? `${plain.slice(0, MAX_SHOWN)}…` : plain
}
