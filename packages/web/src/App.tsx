import type { Level, LivePoint } from '@radtune/core/contract'
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react'
import { Alerts } from './Alerts.tsx'
import { levelRanges } from './breakdown.ts'
import { type ConnectionWord, CURRENT_WORDS, describeConnection } from './connection-state.ts'
import { Filters } from './Filters.tsx'
import { formatCount } from './format.ts'
import { groupAlerts } from './group-alerts.ts'
import { Header } from './Header.tsx'
import { countShownLevels, filterPoints } from './level-filter.ts'
import type { LiveConnection } from './live-connection.ts'
import { countLevels } from './live-model.ts'
import { Notice } from './Notice.tsx'
import { Latency, Levels, Rate, Records } from './Panels.tsx'
import { Playback } from './Playback.tsx'
import type { PageConfig } from './page-config.ts'
import { Stage } from './Stage.tsx'
import { SystemPanel } from './SystemPanel.tsx'
import { ThresholdControl } from './ThresholdControl.tsx'
import { useSettingWriter } from './use-setting-writer.ts'
import { useViewState } from './use-view-state.ts'
import type { MapPlace } from './view-state.ts'

declare global {
  interface Window {
    /** What tests and curious people can ask without reading the page. Points are those that the filter lets through. */
    __radtune?: {
      seq: number
      pointCount: number
      levelCounts: Record<Level, number>
      state: ConnectionWord
    }
  }
}

const SHOW_ZOOM = 12

export function App({ live, config }: { live: LiveConnection; config: PageConfig }) {
  const { model, connection } = useSyncExternalStore(live.subscribe, live.current)
  const { word, sentence } = describeConnection(connection, {
    nowMs: Date.now(),
    playback: model.system?.playback ?? null,
  })
  const [view, changeView] = useViewState()
  const writer = useSettingWriter(config)
  const [chosen, setChosen] = useState<LivePoint | null>(null)
  const [target, setTarget] = useState<MapPlace | null>(null)
  const [sheetOpen, setSheetOpen] = useState(false)
  const shown = useMemo(() => filterPoints(model.points, view.levels), [model.points, view.levels])
  const counts = useMemo(() => countShownLevels(model.points.values()), [model.points])
  const alerts = useMemo(() => groupAlerts(model.alerts), [model.alerts])
  useEffect(() => {
    const levelCounts = countLevels(shown.values())
    window.__radtune = { seq: model.seq, pointCount: shown.size, levelCounts, state: word }
  }, [model.seq, shown, word])

  const showOnMap = (point: LivePoint) => {
    const place = { latitude: point.latitude, longitude: point.longitude, zoom: SHOW_ZOOM }
    setChosen(point)
    setTarget(place)
    setSheetOpen(false)
    changeView({ view: 'map', place })
  }
  const current = CURRENT_WORDS.includes(word)
  const { thresholds, stats } = model
  const ranges = thresholds
    ? { ...levelRanges(thresholds), critical: `≥ ${formatCount(thresholds.critical)}` }
    : {}
  return (
    <>
      <Header model={model} word={word} sentence={sentence} writer={writer} onRetry={live.retryNow} />
      <main className={current ? 'board' : 'board stale'}>
        <div className={sheetOpen ? 'sheet open' : 'sheet'}>
          <button
            type="button"
            className="sheet-handle"
            aria-expanded={sheetOpen}
            aria-controls="sheet-body"
            onClick={() => setSheetOpen(!sheetOpen)}
          >
            {formatCount(shown.size)} sensors
            <span className={alerts.length > 0 ? 'badge' : undefined}>
              ▲ {alerts.length} {alerts.length === 1 ? 'alert' : 'alerts'}
            </span>
            <span aria-hidden="true">{sheetOpen ? '▾' : '▴'}</span>
          </button>
          <div className="sheet-body" id="sheet-body">
            <div className="side">
              <Filters view={view} counts={counts} ranges={ranges} onChange={changeView} />
              <Playback playback={model.system?.playback ?? null} gaps={model.gaps} writer={writer} />
              <ThresholdControl thresholds={thresholds} writer={writer} />
              <SystemPanel system={model.system} stats={stats} />
              <Records stats={stats} />
              <Latency stats={stats} />
              <Rate stats={stats} rates={model.rates} />
              <Levels stats={stats} thresholds={thresholds} />
              <Notice />
            </div>
            <Alerts
              alerts={alerts}
              threshold={thresholds?.critical ?? null}
              unit={view.unit}
              onShow={showOnMap}
            />
          </div>
        </div>
        <Stage
          model={model}
          shown={shown}
          view={view}
          target={target}
          chosen={chosen}
          config={config}
          onChange={changeView}
          onChoose={setChosen}
        />
      </main>
    </>
  )
}
