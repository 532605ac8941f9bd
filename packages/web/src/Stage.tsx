import type { LivePoint } from '@radtune/core/contract'
import { useMemo, useState } from 'react'
import { Choice } from './Filters.tsx'
import { formatReading, type Unit } from './format.ts'
import { Legend } from './Legend.tsx'
import { SHOWN_LEVELS } from './level-filter.ts'
import type { LiveModel } from './live-model.ts'
import type { HeardPoint } from './live-update.ts'
import { MapStage } from './MapStage.tsx'
import type { AlertLabel } from './map/alert-labels.ts'
import { mapSentence } from './map-sentence.ts'
import { SkipAnnouncement } from './Playback.tsx'
import type { PageConfig } from './page-config.ts'
import { ReadingsTable } from './ReadingsTable.tsx'
import { SensorCard } from './SensorCard.tsx'
import type { MapPlace, ViewState } from './view-state.ts'

const NO_CELLS: LiveModel['cells'] = new Map()

interface StageProps {
  model: LiveModel
  /** The sensors that the filter lets through. */
  shown: ReadonlyMap<string, HeardPoint>
  view: ViewState
  /** Where the map is asked to go. */
  target: MapPlace | null
  /** The sensor whose details are open, as it was when it was chosen. */
  chosen: LivePoint | null
  config: PageConfig
  onChange(change: Partial<ViewState>): void
  onChoose(point: LivePoint | null): void
}

/** The sensors, as a map or as a table, and the details of the one that was chosen. */
export function Stage({ model, shown, view, target, chosen, config, onChange, onChoose }: StageProps) {
  const [mapFailure, setMapFailure] = useState<string | null>(null)
  const selected = chosen && (model.points.get(chosen.sensor) ?? chosen)
  const scene = useMemo(
    () => ({
      points: shown,
      // What the backend tells of a square is of all levels.
      cells: view.levels.size === SHOWN_LEVELS.length ? model.cells : NO_CELLS,
      labels: alertLabels(model.alerts, { shown, unit: view.unit }),
      nowMs: model.at ?? 0,
      cell: view.cell,
      selected,
    }),
    [shown, model.cells, model.alerts, model.at, view.levels, view.unit, view.cell, selected],
  )
  const asTable = view.view === 'table' || mapFailure !== null
  return (
    <div className="stage">
      {asTable ? (
        <>
          {mapFailure === null ? null : (
            <p className="note map-failure" role="status">
              The map cannot be drawn: {mapFailure}. The same sensors as a table:
            </p>
          )}
          <ReadingsTable points={shown} sensorCount={model.stats?.sensors ?? null} onSelect={onChoose} />
        </>
      ) : (
        <>
          <MapStage
            scene={scene}
            place={view.place}
            target={target}
            mapboxToken={config.mapboxToken}
            sentence={mapSentence(shown, view.unit)}
            onSelect={onChoose}
            onMove={(place) => onChange({ place })}
            onUnavailable={setMapFailure}
          />
          <Legend unit={view.unit} held={model.points.size} known={model.stats?.sensors ?? null} />
        </>
      )}
      <SkipAnnouncement newest={model.gaps[0]} nowMs={model.system?.at ?? 0} />
      {mapFailure === null ? (
        <div className="view-switch">
          <Choice
            label="View"
            name="view"
            value={view.view}
            options={[
              ['map', 'map'],
              ['table', 'table'],
            ]}
            onChange={(chosenView) => onChange({ view: chosenView })}
          />
        </div>
      ) : null}
      {selected ? (
        <SensorCard
          key={selected.sensor}
          point={selected}
          unit={view.unit}
          eventTime={model.eventTime}
          apiUrl={config.apiUrl}
          onClose={() => onChoose(null)}
        />
      ) : null}
    </div>
  )
}

/** One label for each sensor whose latest reading is critical, the newest first. */
function alertLabels(
  alerts: readonly LivePoint[],
  { shown, unit }: { shown: ReadonlyMap<string, LivePoint>; unit: Unit },
): AlertLabel[] {
  const labels = new Map<string, AlertLabel>()
  for (const { sensor } of alerts) {
    const point = shown.get(sensor)
    if (point?.critical) labels.set(sensor, { sensor, point, text: formatReading(point, unit) })
  }
  return [...labels.values()]
}
