import { stripVTControlCharacters } from 'node:util'
import { readableLogLine } from '../../output/log-text.ts'
import type { Look } from '../monitor-look.ts'
import type { ShownLogLine } from '../monitor-store.ts'
import { fitLine, heading, type StyledLine, span } from './styled-line.ts'

interface LogOptions {
  look: Pick<Look, 'filter' | 'scrolled' | 'logsOf'>
  columns: number
  rows: number
}

/** The end of the logs, or so many lines before it; only those with the filter's text. */
export function logLines(
  logs: readonly ShownLogLine[],
  { look: { filter, scrolled, logsOf: service }, columns, rows }: LogOptions,
): StyledLine[] {
  const wanted = filter.toLowerCase()
  const matching = logs.filter((line) => `${line.service} ${line.text}`.toLowerCase().includes(wanted))
  const room = Math.max(1, rows - 1)
  const back = Math.min(scrolled, Math.max(0, matching.length - room))
  const to = matching.length - back
  const shown = matching.slice(Math.max(0, to - room), to)
  const title = `logs of ${service ?? 'all services'}${filter === '' ? '' : `  /${filter}`}`
  const seen = `${shown.length === 0 ? 0 : to - shown.length + 1}-${to} of ${matching.length}`
  return [
    heading(title, columns, { seen, tone: 'strong' }),
    ...shown.map(
      (line): StyledLine => [
        span(service === undefined ? ` ${line.service.padEnd(9)}` : '', 'accent'),
        // What a service prints may hold anything; on the screen it is text.
        span(` ${printable(readableLogLine(line.text))}`),
      ],
    ),
    ...(shown.length > 0
      ? []
      : [[span(` ${logs.length > 0 ? 'nothing matches the filter' : 'no lines yet'}`, 'dim')]]),
  ].map((line) => fitLine(line, columns))
}

function printable(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll('\t', '  ')
    .replaceAll(/\p{Cc}/gu, '')
}
