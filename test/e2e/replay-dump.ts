const START_MS = Date.UTC(2020, 1, 1)
const HEADER =
  'Captured Time,Latitude,Longitude,Value,Unit,Location Name,Device ID,MD5Sum,Height,Surface,Radiation,Uploaded Time,Loader ID'
/** Sensors that take turns. */
export const SENSORS = 20
/** One reading in so many is critical; of the same sensor, and so soon after each other that they are one alert. */
const CRITICAL_EVERY = 300
/** CPM of the first of them; the others count up. */
export const FIRST_CRITICAL = 2000

/** A dump in the form of Safecast's: a reading a second of captured time, of 20 sensors with 10, 20, … 200 CPM, each value its own. */
export function replayDump({ rows }: { rows: number }): string {
  const lines = Array.from({ length: rows }, (_, row) => {
    const at = new Date(START_MS + row * 1000).toISOString().slice(0, 19).replace('T', ' ')
    const sensor = 1 + (row % SENSORS)
    const value = row % CRITICAL_EVERY === 0 ? FIRST_CRITICAL + row / CRITICAL_EVERY : 10 * sensor
    return `${at},${37 + sensor / 10},140.5,${value},cpm,,${sensor},,,,,${at},`
  })
  return `${[HEADER, ...lines].join('\n')}\n`
}
