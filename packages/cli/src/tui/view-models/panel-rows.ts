import type { Moment } from '../../services/monitor-stack.ts'
import type { Look } from '../monitor-look.ts'
import { FLOW_METRICS } from './monitor-charts.ts'
import { panelTable } from './monitor-tables.ts'
import { shownRows } from './panel-table.ts'

/** The rows of the panel that has the focus, by their ids, as they are on the screen. */
export function focusedRows(
  { evaluation, snapshot }: Pick<Moment, 'evaluation' | 'snapshot'>,
  look: Look,
): string[] {
  const { panel } = look
  if (panel === 'flow') return FLOW_METRICS.map(({ id }) => id)
  const table = panelTable(panel, { evaluation, now: snapshot.at, exact: look.exact, columns: 80 })
  return shownRows(table, look).map(({ id }) => id)
}

/** The chosen row of that panel, the first when it is gone or none was chosen; undefined where there is none. */
export function chosenRow(moment: Pick<Moment, 'evaluation' | 'snapshot'>, look: Look): string | undefined {
  const rows = focusedRows(moment, look)
  const chosen = look.chosen[look.panel]
  return chosen !== undefined && rows.includes(chosen) ? chosen : rows[0]
}
