import type { LivePoint } from '@radtune/core/contract'
import { useEffect, useRef, useState } from 'react'
import { formatCount, formatEventTime, formatPosition, formatReading, type Unit } from './format.ts'
import type { Alert } from './group-alerts.ts'
import { alertKey } from './live-update.ts'

const SHOWN = 30
const ANNOUNCE_EVERY_MS = 10_000

interface AlertsProps {
  alerts: readonly Alert[]
  /** CPM from which a reading is critical; null while unknown. */
  threshold: number | null
  unit: Unit
  onShow(alert: LivePoint): void
}

export function Alerts({ alerts, threshold, unit, onShow }: AlertsProps) {
  const announced = useAnnouncement(alerts[0]?.reading)
  return (
    <section className="alerts" aria-labelledby="alerts-title">
      <div className="heading">
        <h2 id="alerts-title">Alerts ({alerts.length})</h2>
        <p className="note">
          {threshold === null ? '' : `critical readings, from ${formatCount(threshold)} CPM`}
          {alerts.length > SHOWN ? `, the newest ${SHOWN}` : ''}
        </p>
      </div>
      <p className="visually-hidden" aria-live="polite">
        {announced}
      </p>
      <ol className="scroll">
        {alerts.length === 0 ? <li className="empty">None so far.</li> : null}
        {alerts.slice(0, SHOWN).map(({ reading, readings }) => (
          <li key={alertKey(reading)}>
            <strong className="critical">
              <span aria-hidden="true">▲ </span>
              {formatReading(reading, unit)}
            </strong>
            <span>{formatReading(reading, unit === 'cpm' ? 'usvh' : 'cpm')}</span>
            <small>{formatEventTime(reading.capturedTime)}</small>
            <small>{formatPosition(reading)}</small>
            <small className="readings">
              {formatCount(readings)} {readings === 1 ? 'reading' : 'readings'}
            </small>
            <small className="sensor">{reading.sensor}</small>
            <button
              type="button"
              onClick={() => onShow(reading)}
              aria-label={`Show ${reading.sensor} on the map`}
            >
              show
            </button>
          </li>
        ))}
      </ol>
    </section>
  )
}

/** A sentence about the newest alert, said at most every 10 s. */
function useAnnouncement(newest: LivePoint | undefined): string {
  const [sentence, setSentence] = useState('')
  const saidAt = useRef(Number.NEGATIVE_INFINITY)
  useEffect(() => {
    const now = Date.now()
    if (!newest || now - saidAt.current < ANNOUNCE_EVERY_MS) return
    saidAt.current = now
    setSentence(`Critical: ${formatCount(newest.value)} counts per minute near ${formatPosition(newest)}`)
  }, [newest])
  return sentence
}
