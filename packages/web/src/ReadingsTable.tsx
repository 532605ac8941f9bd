import type { LivePoint } from '@radtune/core/contract'
import { useMemo, useState } from 'react'
import { doseClassOf } from './dose-class.ts'
import { formatCount, formatDelay, formatDose, formatEventTime, formatPosition } from './format.ts'
import { nextOrder, type SortKey, type SortOrder, sortPoints } from './sort-points.ts'

const ROWS = 50

const COLUMNS: readonly { key: SortKey; label: string; className?: string }[] = [
  { key: 'time', label: 'Captured' },
  { key: 'sensor', label: 'Sensor' },
  { key: 'value', label: 'CPM', className: 'number' },
  { key: 'dose', label: '≈ µSv/h', className: 'number' },
  { key: 'level', label: 'Level' },
  { key: 'delay', label: 'Delay', className: 'number delay' },
]

interface ReadingsTableProps {
  points: ReadonlyMap<string, LivePoint>
  /** Sensors that the backend holds; null when unknown. */
  sensorCount: number | null
  onSelect(point: LivePoint): void
}

export function ReadingsTable({ points, sensorCount, onSelect }: ReadingsTableProps) {
  const [order, setOrder] = useState<SortOrder>({ key: 'time', descending: true })
  const [held, setHeld] = useState<ReadonlyMap<string, LivePoint> | null>(null)
  const shown = held ?? points
  const rows = useMemo(() => sortPoints(shown.values(), { order, limit: ROWS }), [shown, order])
  return (
    <div className="readings">
      <div className="heading">
        <h2 id="readings-title">Latest readings</h2>
        <p className="note">
          {rows.length === 0 ? '' : `${rows.length} of ${formatCount(sensorCount ?? shown.size)} sensors`}
        </p>
        <button type="button" aria-pressed={held !== null} onClick={() => setHeld(held ? null : points)}>
          {held ? 'Go on' : 'Hold still'}
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section className="scroll" aria-labelledby="readings-title" tabIndex={0}>
        <table>
          <thead>
            <tr>
              {COLUMNS.map(({ key, label, className }) => (
                <th key={key} scope="col" className={className} aria-sort={ariaSort(order, key)}>
                  <button type="button" onClick={() => setOrder(nextOrder(order, key))}>
                    {label}
                    <span aria-hidden="true" className="arrow">
                      {order.key === key ? (order.descending ? '▾' : '▴') : ''}
                    </span>
                  </button>
                </th>
              ))}
              <th scope="col" className="place">
                Place
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((point) => (
              <Row key={point.sensor} point={point} onSelect={onSelect} />
            ))}
          </tbody>
        </table>
        {rows.length === 0 ? <p className="empty">No reading has arrived yet.</p> : null}
      </section>
    </div>
  )
}

function Row({ point, onSelect }: { point: LivePoint; onSelect(point: LivePoint): void }) {
  const dose = doseClassOf(point.usvh)
  return (
    <tr>
      <td className="time">
        <CapturedTime iso={point.capturedTime} />
      </td>
      <th scope="row" title={point.sensor}>
        <button type="button" className="link" onClick={() => onSelect(point)}>
          <SensorName sensor={point.sensor} />
        </button>
      </th>
      <td className="number">
        {formatCount(point.value)}
        {point.flags.includes('converted') ? (
          <abbr title="converted from a dose rate with 334 CPM per µSv/h">*</abbr>
        ) : null}
      </td>
      <td className="number">
        {formatDose(point.usvh)}
        <span className={`swatch ${dose.name}`} title={`${dose.label} µSv/h`} aria-hidden="true" />
      </td>
      <td className={`level-${point.level}`}>
        {point.critical ? <strong className="critical">▲ critical</strong> : point.level}
      </td>
      <td className="number delay">{formatDelay(point.latencyMs)}</td>
      <td className="place">{formatPosition(point)}</td>
    </tr>
  )
}

function SensorName({ sensor }: { sensor: string }) {
  const colon = sensor.indexOf(':') + 1
  return (
    <>
      <span className="wide">{sensor.slice(0, colon)}</span>
      {sensor.slice(colon)}
    </>
  )
}

function CapturedTime({ iso }: { iso: string }) {
  const text = formatEventTime(iso)
  return (
    <time dateTime={iso}>
      <span className="wide">{text.slice(0, 5)}</span>
      {text.slice(5, 16)}
      <span className="wide">{text.slice(16)}</span>
    </time>
  )
}

function ariaSort(order: SortOrder, key: SortKey): 'ascending' | 'descending' | undefined {
  if (order.key !== key) return undefined
  return order.descending ? 'descending' : 'ascending'
}
