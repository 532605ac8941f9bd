import { DEFAULT_CPM_PER_USVH } from './dose-class.ts'
import { formatCount, type Unit } from './format.ts'
import { legendSteps } from './legend-scale.ts'

interface LegendProps {
  unit: Unit
  /** Sensors whose readings the page holds, and those that the backend does; null when it has not told. */
  held: number
  known: number | null
}

/** What the colours and the shapes of the map mean. */
export function Legend({ unit, held, known }: LegendProps) {
  const ringFrom = unit === 'cpm' ? formatCount(0.3 * DEFAULT_CPM_PER_USVH) : '0.3'
  return (
    <section className="legend" aria-label="Legend" data-testid="legend">
      <p>{unit === 'usvh' ? 'µSv/h, estimated, log scale' : 'CPM at 334 per µSv/h, log scale'}</p>
      <div className="scale">
        {legendSteps(unit).map(({ dose, width, bound }) => (
          <span key={dose.name} className={dose.name} style={{ flexGrow: width }}>
            {bound === null ? null : <small>{bound}</small>}
          </span>
        ))}
      </div>
      <p className="shapes">
        <span>
          <i className="shape-ring" aria-hidden="true" /> from {ringFrom}
        </span>
        <span>
          <i className="shape-triangle" aria-hidden="true">
            ▲
          </i>{' '}
          critical
        </span>
        <span>
          <i className="shape-cell" aria-hidden="true">
            12
          </i>{' '}
          sensors
        </span>
      </p>
      {known !== null && known > held ? (
        <p>
          holds the newest {formatCount(held)} of {formatCount(known)} sensors
        </p>
      ) : null}
    </section>
  )
}
