import { DEFAULT_CPM_PER_USVH } from './dose-class.ts'
import { formatCount, type Unit } from './format.ts'
import { legendSteps } from './legend-scale.ts'

/** What the colours and the shapes of the map mean. */
export function Legend({ unit }: { unit: Unit }) {
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
    </section>
  )
}
