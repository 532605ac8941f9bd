import { useEffect, useState } from 'react'

/** One past reading of a sensor, as far as the page needs it. */
export interface PastValue {
  value: number
  usvh: number
  capturedTime: string
}

/** What the backend still holds of a sensor's past, oldest first. */
export type SensorHistory =
  | { kind: 'loading' }
  | { kind: 'known'; values: readonly PastValue[] }
  | { kind: 'unknown'; why: string }

/** Asks at most this often while new readings of the sensor come in. */
const REFRESH_MS = 2000

/** The last readings of a sensor; asked again when `newest` (its latest captured time) changes. */
export function useSensorHistory(
  sensor: string,
  { apiUrl, newest }: { apiUrl: string; newest: string },
): SensorHistory {
  const [held, setHeld] = useState<{ sensor: string; askedAt: number; history: SensorHistory }>()
  const mine = held?.sensor === sensor ? held : undefined
  const waitMs = mine ? Math.max(0, mine.askedAt + REFRESH_MS - Date.now()) : 0
  // `newest` says when to ask again; the wait is taken as it is then.
  useEffect(() => {
    const abort = new AbortController()
    const timer = setTimeout(async () => {
      const askedAt = Date.now()
      const history = await askHistory(
        `${apiUrl}/api/sensors/${encodeURIComponent(sensor)}/readings`,
        abort.signal,
      )
      if (!abort.signal.aborted) setHeld({ sensor, askedAt, history })
    }, waitMs)
    return () => {
      clearTimeout(timer)
      abort.abort()
    }
  }, [sensor, apiUrl, newest])
  return mine?.history ?? { kind: 'loading' }
}

async function askHistory(url: string, signal: AbortSignal): Promise<SensorHistory> {
  try {
    const response = await fetch(url, { signal })
    if (response.status === 404)
      return { kind: 'unknown', why: 'the backend holds none of its readings any more' }
    if (!response.ok) return { kind: 'unknown', why: `the backend answered ${response.status}` }
    const { readings } = (await response.json()) as { readings: PastValue[] }
    return { kind: 'known', values: readings.toReversed() }
  } catch {
    return { kind: 'unknown', why: 'the backend does not answer' }
  }
}
