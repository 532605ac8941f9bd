import { type Evaluation, metricValueText, type Snapshot } from '@radtune/core/metrics'
import { isSettingKey, printSettingValue } from '@radtune/core/settings'
import { bytesText, rate, readingText } from './monitor-numbers.ts'
import { fitLine, heading, type StyledLine, span } from './styled-line.ts'

/** Rejected by reason, time by stage, topics and settings: short lists, as many whole ones as there is room for. */
export function shareLists(
  evaluation: Evaluation,
  { snapshot, columns, rows, exact }: { snapshot: Snapshot; columns: number; rows: number; exact: boolean },
): StyledLine[] {
  const lists: [title: string, lines: StyledLine[]][] = [
    ['rejected, share of what is processed', rejects(evaluation)],
    ['topics', topics(evaluation, exact)],
    ['stages, share of slot time', stages(evaluation)],
    ['settings that are not derived', settings(snapshot)],
  ]
  const lines: StyledLine[] = []
  for (const [title, list] of lists) {
    if (list.length === 0 || lines.length + list.length + 1 > rows) continue
    lines.push(heading(title, columns), ...list)
  }
  return lines.map((line) => fitLine(line, columns))
}

function pair(name: string, value: string): StyledLine {
  return [span(` ${name.padEnd(16)}`), span(value.padStart(10))]
}

function rejects({ rejected }: Evaluation): StyledLine[] {
  return rejected
    .slice(0, 6)
    .map(({ reason, share }) => pair(reason, share === null ? 'n/a' : metricValueText('rejects', share)))
}

function topics({ topics: all }: Evaluation, exact: boolean): StyledLine[] {
  return all.map(({ topic, rate: into, bytes }) => [
    ...pair(topic, rate(into.now, exact)),
    span(bytes === null ? '' : `  ${bytesText(bytes, exact)}`, 'dim'),
  ])
}

function stages({ stages: all }: Evaluation): StyledLine[] {
  return all
    .filter(({ share }) => share.now.known)
    .map(({ stage, share }) => pair(stage, readingText('slots', share.now)))
}

/** Pinned, changed live or from a file: what makes this stack another than its profile's. */
function settings({ settings: inForce }: Snapshot): StyledLine[] {
  if (!inForce.known) return []
  const { values, origins } = inForce.value
  return Object.entries(origins).map(([key, origin]) => {
    const value = values[key]
    const text =
      value === undefined ? 'n/a' : isSettingKey(key) ? printSettingValue(key, value as never) : String(value)
    return [span(` ${key} `), span(text, 'strong'), span(` ${origin}`, 'dim')]
  })
}
