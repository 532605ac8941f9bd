import type { ConnectionWord } from './connection-state.ts'
import { formatDelay, formatEventTime, formatPace, formatRate, NO_VALUE } from './format.ts'
import type { LiveModel } from './live-model.ts'
import { PauseButton } from './Playback.tsx'
import type { SettingWriter } from './use-setting-writer.ts'

interface HeaderProps {
  model: LiveModel
  word: ConnectionWord
  sentence: string
  writer: SettingWriter
  onRetry(): void
}

export function Header({ model, word, sentence, writer, onRetry }: HeaderProps) {
  const { stats } = model
  const playback = model.system?.playback ?? null
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
      <PauseButton playback={playback} writer={writer} />
      <dl>
        <div>
          <dt>event time</dt>
          <dd data-testid="event-time">{formatEventTime(model.eventTime)}</dd>
        </div>
        <div>
          <dt>replay</dt>
          <dd data-testid="pace">{playback ? formatPace(playback) : NO_VALUE}</dd>
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
