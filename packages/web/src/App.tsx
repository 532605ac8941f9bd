import type { Level } from '@radtune/core/contract'
import { useEffect, useSyncExternalStore } from 'react'
import { Alerts } from './Alerts.tsx'
import { type ConnectionWord, describeConnection } from './connection-state.ts'
import { Header } from './Header.tsx'
import type { LiveConnection } from './live-connection.ts'
import { countLevels } from './live-model.ts'
import { Latency, Levels, Rate, Records } from './Panels.tsx'
import { ReadingsTable } from './ReadingsTable.tsx'

declare global {
  interface Window {
    /** What tests and curious people can ask without reading the page. */
    __radtune?: {
      seq: number
      pointCount: number
      levelCounts: Record<Level, number>
      state: ConnectionWord
    }
  }
}

export function App({ live }: { live: LiveConnection }) {
  const { model, connection } = useSyncExternalStore(live.subscribe, live.current)
  const { word, sentence } = describeConnection(connection, Date.now())
  useEffect(() => {
    window.__radtune = {
      seq: model.seq,
      pointCount: model.points.size,
      levelCounts: countLevels(model.points.values()),
      state: word,
    }
  }, [model, word])
  const current = word === 'live' || word === 'lagging'
  return (
    <>
      <Header model={model} word={word} sentence={sentence} onRetry={live.retryNow} />
      <main className={current ? undefined : 'stale'}>
        <div className="panels">
          <Records stats={model.stats} />
          <Levels stats={model.stats} thresholds={model.thresholds} />
          <Latency stats={model.stats} />
          <Rate stats={model.stats} rates={model.rates} />
        </div>
        <div className="columns">
          <ReadingsTable points={model.points} sensorCount={model.stats?.sensors ?? null} />
          <Alerts alerts={model.alerts} threshold={model.thresholds?.critical ?? null} />
        </div>
      </main>
      <footer>
        <p>Archive or generated data, replayed. Not validated, and no basis for decisions about health.</p>
        <details>
          <summary>What does this mean?</summary>
          <p>
            The readings come from an archive of measurements by volunteers, or from a generator that imitates
            it; they are not what is in the air now. Dose rates in µSv/h are estimates from counts per minute
            with the factor of one tube type (334 CPM per µSv/h), whatever the sensor was. Levels are steps of
            counts per minute, not of danger.
          </p>
        </details>
      </footer>
    </>
  )
}
