import { type FormEvent, useId, useState } from 'react'
import { DEFAULT_CPM_PER_USVH } from './dose-class.ts'
import { formatCount, formatDose } from './format.ts'
import {
  checkThresholds,
  sameThresholds,
  THRESHOLD_NAMES,
  type ThresholdName,
  type Thresholds,
  thresholdWishes,
} from './thresholds.ts'
import type { SettingWriter } from './use-setting-writer.ts'
import { useWish } from './use-wish.ts'
import { Problem, WriteAccess } from './WriteAccess.tsx'
import type { WriteAnswer } from './write-setting.ts'

type Typed = Readonly<Record<ThresholdName, string>>

interface ThresholdControlProps {
  /** In force; null until the backend has told. */
  thresholds: Thresholds | null
  writer: SettingWriter
}

/** From which count a reading is moderate, high and critical, for everyone who watches this pipeline. */
export function ThresholdControl({ thresholds, writer }: ThresholdControlProps) {
  return (
    <details className="panel thresholds">
      <summary>
        <h2>Thresholds</h2>
        <small>
          {thresholds ? THRESHOLD_NAMES.map((name) => formatCount(thresholds[name])).join(' · ') : ''}
        </small>
      </summary>
      {thresholds ? (
        <ThresholdForm thresholds={thresholds} writer={writer} />
      ) : (
        <p className="note">The backend has told none yet.</p>
      )}
      <WriteAccess writer={writer} />
    </details>
  )
}

function ThresholdForm({ thresholds, writer }: { thresholds: Thresholds; writer: SettingWriter }) {
  const [typed, setTyped] = useState<Typed | null>(null)
  const wish = useWish({
    inForce: thresholds,
    same: sameThresholds,
    send: (wanted) => writeAll(writer, thresholdWishes(thresholds, wanted)),
  })
  const shown = typed ?? asText(wish.shown)
  const checked = checkThresholds(shown)
  const disabled = writer.access !== 'open'
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!checked.ok) return
    setTyped(null)
    if (!sameThresholds(checked.thresholds, thresholds)) wish.ask(checked.thresholds)
  }
  return (
    <form noValidate onSubmit={submit}>
      {THRESHOLD_NAMES.map((name) => (
        <ThresholdField
          key={name}
          name={name}
          text={shown[name]}
          problem={checked.ok ? undefined : checked.problems[name]}
          disabled={disabled}
          onType={(text) => setTyped({ ...shown, [name]: text })}
        />
      ))}
      <p className="threshold-buttons">
        <button type="submit" disabled={disabled || typed === null || !checked.ok}>
          Apply
        </button>
        <button type="button" disabled={typed === null} onClick={() => setTyped(null)}>
          Reset
        </button>
        <span className="note" role="status">
          {wish.pending ? 'Asked for; not in force yet.' : ''}
        </span>
      </p>
      <Problem text={wish.problem} />
      <p className="note">
        For readings from now on. µSv/h at {DEFAULT_CPM_PER_USVH} CPM per µSv/h, an estimate.
      </p>
    </form>
  )
}

interface ThresholdFieldProps {
  name: ThresholdName
  text: string
  problem: string | undefined
  disabled: boolean
  onType(text: string): void
}

function ThresholdField({ name, text, problem, disabled, onType }: ThresholdFieldProps) {
  const id = useId()
  const cpm = Number(text)
  return (
    <div className="threshold">
      <label htmlFor={id}>
        <span className={`swatch fill-${name}`} aria-hidden="true" />
        {name} from
      </label>
      <input
        id={id}
        inputMode="numeric"
        autoComplete="off"
        value={text}
        disabled={disabled}
        aria-invalid={problem !== undefined}
        aria-describedby={`${id}-dose`}
        onChange={({ target }) => onType(target.value)}
      />
      <span className="unit">CPM</span>
      <small id={`${id}-dose`} className={problem ? 'problem' : undefined}>
        {problem ?? (cpm > 0 ? `≈ ${formatDose(cpm / DEFAULT_CPM_PER_USVH)} µSv/h` : '')}
      </small>
    </div>
  )
}

/** One after the other, so that they rise after each; stops at the first that is refused. */
async function writeAll(
  writer: SettingWriter,
  wishes: ReturnType<typeof thresholdWishes>,
): Promise<WriteAnswer> {
  for (const wish of wishes) {
    const answer = await writer.write(wish)
    if (!answer.ok) return answer
  }
  return { ok: true }
}

function asText({ moderate, high, critical }: Thresholds): Typed {
  return { moderate: String(moderate), high: String(high), critical: String(critical) }
}
