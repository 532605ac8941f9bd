import { useId, useState } from 'react'

interface NumberFormProps {
  label: string
  unit: string
  hint: string
  /** What is in force, or asked for. */
  value: number
  /** The least is 0. */
  most: number
  disabled: boolean
  onAsk(value: number): void
}

/** One number that is sent when it is entered, not while it is typed. */
export function NumberForm({ label, unit, hint, value, most, disabled, onAsk }: NumberFormProps) {
  const id = useId()
  const [typed, setTyped] = useState<string | null>(null)
  const text = typed ?? String(value)
  const number = text.trim() === '' ? Number.NaN : Number(text)
  const fits = number >= 0 && number <= most
  return (
    <form
      className="number-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        if (!fits) return
        setTyped(null)
        if (number !== value) onAsk(number)
      }}
    >
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        inputMode="decimal"
        autoComplete="off"
        value={text}
        disabled={disabled}
        aria-invalid={!fits}
        aria-describedby={`${id}-hint`}
        onChange={({ target }) => setTyped(target.value)}
        onKeyDown={({ key }) => {
          if (key === 'Escape') setTyped(null)
        }}
      />
      <span className="unit">{unit}</span>
      <button type="submit" disabled={disabled || typed === null || !fits}>
        set
      </button>
      <small id={`${id}-hint`}>{fits ? hint : `a number from 0 to ${most.toLocaleString('en-GB')}`}</small>
    </form>
  )
}
