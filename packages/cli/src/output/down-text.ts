import { formatBytes, formatCount } from '@radtune/core/units'
import type { RuntimeEvent } from '../ports/runtime.ts'
import type { StopOutcome } from '../services/stop-stack.ts'
import { elapsedText } from './duration-text.ts'
import type { Palette } from './palette.ts'
import { conservationText } from './records-text.ts'

/** One line for a service that has stopped; undefined for what is not worth one. */
export function stopEventText(event: RuntimeEvent, palette: Palette): string | undefined {
  switch (event.kind) {
    case 'fetching':
      return undefined
    case 'note':
      return palette.dim(`     ${event.text}`)
    case 'service':
      return event.condition === 'stopped'
        ? `${palette.green(' ok')}  ${event.name.padEnd(12)} stopped  ${palette.dim(elapsedText(event.elapsedMs))}`
        : undefined
  }
}

/** The lines that end `radtune down`. */
export function downText(outcome: StopOutcome, palette: Palette): string {
  const { dropped } = outcome
  const droppedText = dropped ? [`dropped  ${formatBytes(dropped.bytes)} of ${dropped.profile}`] : []
  if (outcome.kind === 'nothing-ran') return [...droppedText, 'nothing ran'].join('\n')
  const { services, records, elapsedMs } = outcome
  const stopped = services.length > 0 ? `${services.length} services stopped` : 'stopped'
  const rest = records.known ? records.value.inFlight : 0
  const next = dropped
    ? '  next  radtune up begins anew'
    : '  next  radtune up goes on from here · radtune up --fresh begins anew'
  const waiting = rest > 0 && !dropped
  return [
    records.known ? `records  ${conservationText(records.value)}` : `records  n/a (${records.why})`,
    `${palette.bold(`down in ${elapsedText(elapsedMs)}`)}: ${stopped}${dropped ? '' : ', nothing is lost'}${waiting ? `: ${formatCount(rest)} records in flight are in Kafka and processed next time` : ''}`,
    ...droppedText,
    next,
  ].join('\n')
}
