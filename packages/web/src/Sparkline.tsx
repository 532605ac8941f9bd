import { sparklineShape } from './breakdown.ts'

const BOX = { width: 240, height: 44 }

interface SparklineProps {
  values: readonly number[]
  /** How many values the box is wide. */
  slots: number
  /** The same in words. */
  label: string
}

export function Sparkline({ values, slots, label }: SparklineProps) {
  const shape = sparklineShape(values, { ...BOX, slots })
  return (
    <svg
      className="sparkline"
      viewBox={`0 -2 ${BOX.width} ${BOX.height + 4}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
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
