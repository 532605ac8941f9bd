import type { LiveSystem } from '@radtune/core/contract'
import { Choice } from './Filters.tsx'
import { formatCount, formatEventTime, formatSpan } from './format.ts'
import type { Gap } from './live-update.ts'
import { NumberForm } from './NumberForm.tsx'
import type { SettingWriter } from './use-setting-writer.ts'
import { useWish } from './use-wish.ts'
import { Problem, WriteAccess } from './WriteAccess.tsx'

type PlaybackNow = LiveSystem['playback']

/** Captured seconds per second that can be had with one click; 0 paces by rate. */
const SPEEDS = [
  ['0', 'by rate'],
  ['1', '1×'],
  ['10', '10×'],
  ['60', '60×'],
  ['600', '600×'],
] as const
const MOST = { speed: 1_000_000, ratePerSecond: 10_000_000 } as const

interface PlaybackProps {
  /** What the backend told of the replay; null while it has not. */
  playback: PlaybackNow | null
  gaps: readonly Gap[]
  writer: SettingWriter
}

/** How fast the data are replayed, and what of them was skipped. */
export function Playback({ playback, gaps, writer }: PlaybackProps) {
  return (
    <section className="panel playback" aria-labelledby="playback-title">
      <h2 id="playback-title">Playback</h2>
      {playback ? (
        <PaceControls playback={playback} writer={writer} />
      ) : (
        <p className="note">The backend has not told how the data are replayed.</p>
      )}
      <WriteAccess writer={writer} />
      <Silences cut={playback?.gaps?.cut ?? gaps.length} gaps={gaps} />
    </section>
  )
}

function PaceControls({ playback, writer }: { playback: PlaybackNow; writer: SettingWriter }) {
  const speed = useWish({
    inForce: playback.speed,
    send: (value) => writer.write({ key: 'provider.playbackSpeed', value }),
  })
  const rate = useWish({
    inForce: playback.ratePerSecond,
    send: (value) => writer.write({ key: 'provider.rate', value }),
  })
  const disabled = writer.access !== 'open'
  const byRate = speed.shown === 0
  return (
    <>
      <Choice
        label="Speed"
        name="speed"
        value={String(speed.shown)}
        options={SPEEDS}
        disabled={disabled}
        onChange={(value) => speed.ask(Number(value))}
      />
      {byRate ? (
        <NumberForm
          key="rate"
          label="Rate"
          unit="/s"
          hint="0: as fast as possible"
          value={rate.shown}
          most={MOST.ratePerSecond}
          disabled={disabled}
          onAsk={rate.ask}
        />
      ) : (
        <NumberForm
          key="speed"
          label="Other"
          unit="×"
          hint="captured seconds a second"
          value={speed.shown}
          most={MOST.speed}
          disabled={disabled}
          onAsk={speed.ask}
        />
      )}
      <p className="note" role="status">
        {speed.pending || rate.pending ? 'Asked for; not in force yet.' : ''}
      </p>
      <Problem text={speed.problem ?? rate.problem} />
    </>
  )
}

/** Stops and goes on. */
export function PauseButton({ playback, writer }: { playback: PlaybackNow | null; writer: SettingWriter }) {
  const pause = useWish({
    inForce: playback !== null && isPaused(playback),
    send: (paused) => writer.write({ key: 'provider.playback', value: paused ? 'pause' : 'run' }),
  })
  const hopeless = playback === null || playback.state === 'finished'
  return (
    <span className="pause">
      <button
        type="button"
        disabled={hopeless || writer.access !== 'open'}
        aria-busy={pause.pending}
        title={pauseTitle(playback, writer)}
        onClick={() => pause.ask(!pause.shown)}
      >
        <span aria-hidden="true">{pause.shown ? '▶' : '❚❚'}</span> {pause.shown ? 'Resume' : 'Pause'}
      </button>
      <Problem text={pause.problem} />
    </span>
  )
}

/** What the provider says; where it says nothing of it, what was asked for. */
function isPaused({ state, paused }: PlaybackNow): boolean {
  return state === 'paused' || (state !== 'running' && paused)
}

function pauseTitle(playback: PlaybackNow | null, { access }: SettingWriter): string | undefined {
  if (playback === null) return 'The backend has not told how the data are replayed'
  if (playback.state === 'finished') return 'The replay is finished'
  if (access === 'token') return 'Give the token under Playback first'
  return access === 'closed' ? 'Nothing can be changed from this page' : undefined
}

function Silences({ cut, gaps }: { cut: number; gaps: readonly Gap[] }) {
  if (cut === 0) return null
  return (
    <details className="silences">
      <summary>
        {formatCount(cut)} {cut === 1 ? 'silence' : 'silences'} of the data skipped
      </summary>
      <ul>
        {gaps.map((gap) => (
          <li key={gap.at}>
            {formatSpan(gap.from, gap.to)} without data
            <small>
              {formatEventTime(gap.from)} to {formatEventTime(gap.to)}
            </small>
          </li>
        ))}
      </ul>
    </details>
  )
}

const ANNOUNCED_MS = 8000

/** Says for a few seconds that the event time has leapt. `nowMs` is the pipeline's clock. */
export function SkipAnnouncement({ newest, nowMs }: { newest: Gap | undefined; nowMs: number }) {
  const shown = newest !== undefined && nowMs - newest.at < ANNOUNCED_MS
  return (
    <p className={shown ? 'announcement shown' : 'announcement'} role="status">
      {shown ? `skipped ${formatSpan(newest.from, newest.to)} without data` : ''}
    </p>
  )
}
