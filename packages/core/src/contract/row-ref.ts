/** Which row of which data source a record was published from. `source` names the file and its round, `row` counts from 1. */
export interface RowRef {
  source: string
  row: number
}

export function formatRowRef({ source, row }: RowRef): string {
  return `${source}:${row}`
}

/** Reads a `row` header; undefined when it is not one of ours. */
export function parseRowRef(text: string): RowRef | undefined {
  const colon = text.lastIndexOf(':')
  if (colon < 1) return undefined
  const row = Number(text.slice(colon + 1))
  return Number.isSafeInteger(row) && row > 0 ? { source: text.slice(0, colon), row } : undefined
}
