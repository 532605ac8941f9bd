import type { ConnectionWord } from './connection-state.ts'
import { formatDelay, formatEventTime, formatRate } from './format.ts'
import type { LiveModel } from './live-model.ts'

interface HeaderProps {
  model: LiveModel
  word: ConnectionWord
  sentence: string
  onRetry(): void
}

export function Header({ model, word, sentence, onRetry }: HeaderProps) {
  const stats = model.stats
  return (
    <header>
      <h1>
        <svg viewBox="0 0 32 32" aria-hidden="true" className="mark">
          <path d="M2 17h7l4-10 6 18 4-8h7" />
        </svg>
        radtune
      </h1>
      <p className={`state state-${word}`}>
        <span role="status" aria-live="polite" className="visually-hidden">
          {word}
        </span>
        <span className="dot" aria-hidden="true" />
        <span aria-hidden="true" data-testid="connection">
          {sentence}
        </span>
        {word === 'reconnecting' || word === 'down' ? (
          <button type="button" onClick={onRetry}>
            now
          </button>
        ) : null}
      </p>
      <dl>
        <div>
          <dt>event time</dt>
          <dd>{formatEventTime(model.eventTime)}</dd>
        </div>
        <div>
          <dt>rate</dt>
          <dd>{formatRate(stats?.recordsPerSecond ?? null)}</dd>
        </div>
        <div>
          <dt>delay p50</dt>
          <dd>{formatDelay(stats?.endToEnd.p50Ms ?? null)}</dd>
        </div>
      </dl>
    </header>
  )
}
