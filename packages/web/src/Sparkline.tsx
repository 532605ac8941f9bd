import { sparklineShape } from './breakdown.ts'
import { formatRate } from './format.ts'

const BOX = { width: 240, height: 44, slots: 120 }

export function Sparkline({ values, label }: { values: readonly number[]; label: string }) {
  const shape = sparklineShape(values, BOX)
  const newest = values.at(-1)
  return (
    <svg
      className="sparkline"
      viewBox={`0 -2 ${BOX.width} ${BOX.height + 4}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={
        shape && newest !== undefined
          ? `${label}: now ${formatRate(newest)}, highest ${formatRate(shape.highest)}`
          : `${label}: no value`
      }
    >
      <line x1="0" y1={BOX.height} x2={BOX.width} y2={BOX.height} className="base" />
      {shape ? (
        <>
          <path d={shape.area} className="area" />
          <path d={shape.line} className="line" />
        </>
      ) : null}
    </svg>
  )
}
