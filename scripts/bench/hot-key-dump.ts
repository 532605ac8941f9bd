const START_MS = Date.UTC(2020, 1, 1)
const HEADER =
  'Captured Time,Latitude,Longitude,Value,Unit,Location Name,Device ID,MD5Sum,Height,Surface,Radiation,Uploaded Time,Loader ID'

/** A dump in the form of Safecast's in which four of five readings come from one place, so that they have one key. */
export function hotKeyDump({ rows }: { rows: number }): string {
  const lines = Array.from({ length: rows }, (_, row) => {
    const at = new Date(START_MS + row * 1000).toISOString().slice(0, 19).replace('T', ' ')
    const isHot = row % 5 !== 0
    const place = isHot
      ? '37.5,140.5'
      : `${(35 + (row % 997) / 500).toFixed(3)},${(139 + (row % 911) / 500).toFixed(3)}`
    return `${at},${place},${20 + (row % 30)},cpm,,${isHot ? 1 : 2 + (row % 997)},,,,,${at},`
  })
  return `${[HEADER, ...lines].join('\n')}\n`
}
