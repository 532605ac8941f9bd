import type { Drift, DriftItem } from '@radtune/core/drift'
import { countWords, isFailing, itemSentence, REPORTED } from './drift-words.ts'

/** Annotations of GitHub Actions: an error for each item that fails, a warning or notice for the others; the verdict last. */
export function driftGithub(drift: Drift): string {
  const lines = drift.items
    .filter(({ state }) => REPORTED.includes(state))
    .map((item) => annotation(item, isFailing(drift, item)))
  const level = drift.exitCode === 0 ? 'notice' : 'error'
  return [
    ...lines,
    command(
      level,
      { title: `radtune drift: ${drift.verdict}` },
      `${countWords(drift)}; exit ${drift.exitCode}`,
    ),
  ].join('\n')
}

function annotation(item: DriftItem, failing: boolean): string {
  const level = failing ? 'error' : item.state === 'ignored' ? 'notice' : 'warning'
  const place = item.at === undefined ? {} : { file: item.at.file, line: item.at.line, col: item.at.column }
  return command(level, { ...place, title: `${item.state}: ${item.path}` }, itemSentence(item))
}

function command(level: string, properties: Readonly<Record<string, string | number>>, text: string): string {
  const given = Object.entries(properties).map(([name, value]) => `${name}=${property(String(value))}`)
  return `::${level} ${given.join(',')}::${data(text)}`
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
