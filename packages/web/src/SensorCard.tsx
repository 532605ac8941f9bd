import type { LivePoint } from '@radtune/core/contract'
import { type ReactNode, type RefObject, useEffect, useRef } from 'react'
import { doseClassOf } from './dose-class.ts'
import {
  formatCount,
  formatDelay,
  formatDose,
  formatEventTime,
  formatPosition,
  formatReading,
  NO_VALUE,
  type Unit,
} from './format.ts'
import { Sparkline } from './Sparkline.tsx'
import { useSensorHistory } from './sensor-history.ts'

interface SensorCardProps {
  point: LivePoint
  unit: Unit
  /** Newest captured time of all sensors, ISO. */
  eventTime: string | null
  apiUrl: string
  onClose(): void
}

const HISTORY = 100

/** All that is known of one sensor. */
export function SensorCard({ point, unit, eventTime, apiUrl, onClose }: SensorCardProps) {
  const { sensor, value, usvh, capturedTime, flags, level, critical, latencyMs } = point
  const heading = useRef<HTMLHeadingElement>(null)
  useFocusWhileOpen(heading)
  return (
    <section
      className="card"
      aria-labelledby="card-title"
      data-testid="card"
      onKeyDown={({ key }) => {
        if (key === 'Escape') onClose()
      }}
    >
      <div className="heading">
        <h2 id="card-title" ref={heading} tabIndex={-1}>
          {sensor}
        </h2>
        <button type="button" onClick={onClose} aria-label="Close details">
          ×
        </button>
      </div>
      <p className="figure">
        <span className={`swatch ${doseClassOf(usvh).name}`} aria-hidden="true" />
        <span data-testid="card-value">{formatReading(point, unit)}</span>
        <small>
          {formatReading(point, unit === 'cpm' ? 'usvh' : 'cpm')} · {factorText(point)}
        </small>
      </p>
      <History sensor={sensor} unit={unit} apiUrl={apiUrl} newest={capturedTime} />
      <dl>
        <Row name="level">{critical ? <strong className="critical">▲ critical</strong> : level}</Row>
        <Row name="place">{formatPosition(point)}</Row>
        <Row name="captured">{formatEventTime(capturedTime)}</Row>
        <Row name="age">{ageText(capturedTime, eventTime)}</Row>
        <Row name="delay">{formatDelay(latencyMs)}</Row>
        <Row name="flags">{flags.length === 0 ? 'none' : flags.join(', ')}</Row>
      </dl>
      <p className="visually-hidden">
        {formatCount(value)} counts per minute, about {formatDose(usvh)} microsieverts per hour
      </p>
    </section>
  )
}

/** Takes the focus, and gives it back to what had it when the card goes away with it. */
function useFocusWhileOpen(heading: RefObject<HTMLElement | null>): void {
  const opener = useRef<Element | null>(null)
  useEffect(() => {
    if (document.activeElement !== heading.current) opener.current = document.activeElement
    heading.current?.focus()
    return () => {
      const { current } = opener
      if (document.activeElement === document.body && current instanceof HTMLElement) current.focus()
    }
  }, [heading])
}

function History({
  sensor,
  unit,
  apiUrl,
  newest,
}: {
  sensor: string
  unit: Unit
  apiUrl: string
  newest: string
}) {
  const history = useSensorHistory(sensor, { apiUrl, newest })
  if (history.kind === 'loading') return <p className="note">Past readings: asking…</p>
  if (history.kind === 'unknown')
    return (
      <p className="note">
        Past readings: {NO_VALUE}, {history.why}.
      </p>
    )
  const { values } = history
  if (values.length < 2)
    return <p className="note">Past readings: this is the first that the backend holds.</p>
  const text = (index: number) => {
    const past = values.at(index)
    return past ? formatReading(past, unit) : NO_VALUE
  }
  return (
    <figure>
      <Sparkline
        values={values.map((past) => (unit === 'cpm' ? past.value : past.usvh))}
        slots={Math.min(HISTORY, Math.max(values.length, 20))}
        label={`last ${values.length} readings, first ${text(0)}, now ${text(-1)}`}
      />
      <figcaption className="note">
        Last {values.length} readings · highest {highest(values, unit)}
      </figcaption>
    </figure>
  )
}

function Row({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function highest(values: readonly { value: number; usvh: number }[], unit: Unit): string {
  return formatReading(
    values.reduce((most, next) => (next.value > most.value ? next : most)),
    unit,
  )
}

/** The factor that the estimate was made with, as far as it can be told from the two values. */
function factorText({ value, usvh }: LivePoint): string {
  return usvh > 0 ? `estimated with ${Math.round(value / usvh)} CPM per µSv/h` : 'no estimate'
}

/** How far a reading lies behind the newest of all sensors, in event time. */
function ageText(capturedTime: string, eventTime: string | null): string {
  if (eventTime === null) return NO_VALUE
  const ageMs = Date.parse(eventTime) - Date.parse(capturedTime)
  if (Number.isNaN(ageMs)) return NO_VALUE
  if (ageMs < 1000) return 'the newest'
  const days = Math.round(ageMs / 86_400_000)
  return `${days >= 3 ? `${formatCount(days)} days` : formatDelay(ageMs)} behind the newest`
}
