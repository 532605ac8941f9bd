import { formatCount, UNIT_LABELS, type Unit } from './format.ts'
import { type LevelFilter, SHOWN_LEVELS, type ShownLevel } from './level-filter.ts'
import type { ViewState } from './view-state.ts'

interface FiltersProps {
  view: ViewState
  /** Sensors of each level, shown or not. */
  counts: Record<ShownLevel, number>
  /** CPM of each level, as far as they are known. */
  ranges: Partial<Record<ShownLevel, string>>
  onChange(change: Partial<ViewState>): void
}

/** What the page shows, and in which unit. */
export function Filters({ view, counts, ranges, onChange }: FiltersProps) {
  return (
    <section className="panel filters" aria-label="What is shown">
      <fieldset>
        <legend>Sensors by level</legend>
        {SHOWN_LEVELS.map((level) => (
          <label key={level} className="check">
            <input
              type="checkbox"
              checked={view.levels.has(level)}
              onChange={() => onChange({ levels: toggled(view.levels, level) })}
            />
            <span className={`swatch fill-${level}`} aria-hidden="true" />
            {level} <small>{ranges[level] ?? ''}</small>
            <output data-testid={`sensors-${level}`}>{formatCount(counts[level])}</output>
          </label>
        ))}
      </fieldset>
      <Choice
        label="Unit"
        name="unit"
        value={view.unit}
        options={Object.entries(UNIT_LABELS) as [Unit, string][]}
        onChange={(unit) => onChange({ unit })}
      />
      <Choice
        label="Squares show"
        name="cell"
        value={view.cell}
        options={[
          ['max', 'highest'],
          ['mean', 'mean'],
        ]}
        onChange={(cell) => onChange({ cell })}
      />
    </section>
  )
}

interface ChoiceProps<Value extends string> {
  label: string
  name: string
  value: Value
  options: readonly (readonly [value: Value, label: string])[]
  disabled?: boolean
  onChange(value: Value): void
}

export function Choice<Value extends string>({
  label,
  name,
  value,
  options,
  disabled,
  onChange,
}: ChoiceProps<Value>) {
  return (
    <fieldset className="choice" disabled={disabled}>
      <legend>{label}</legend>
      {options.map(([option, text]) => (
        <label key={option}>
          <input
            type="radio"
            name={name}
            value={option}
            checked={option === value}
            onChange={() => onChange(option)}
          />
          <span>{text}</span>
        </label>
      ))}
    </fieldset>
  )
}

function toggled(levels: LevelFilter, level: ShownLevel): LevelFilter {
  const next = new Set(levels)
  if (!next.delete(level)) next.add(level)
  return next
}
