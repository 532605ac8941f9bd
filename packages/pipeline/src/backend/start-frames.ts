import type { LiveStats } from '@radtune/core/contract'
import type { FrameQueue } from './frame-queue.ts'
import type { LiveClients, OutgoingFrame } from './live-clients.ts'
import { ResumeRing } from './resume-ring.ts'

export interface FramesOptions {
  frameEveryMs: number
  heartbeatMs: number
  /** Wall-clock milliseconds. */
  now: () => number
  queue: FrameQueue
  eventTime(): string | null
  clients: Pick<LiveClients, 'count' | 'send'>
  stats(): LiveStats
}

export interface Frames {
  /** Of the newest frame. */
  seq(): number
  /** The frames that somebody missed who got all up to `seq`; undefined when they are not held any more. */
  missed(seq: number): readonly OutgoingFrame[] | undefined
  /** Something has changed that frames do not tell: who was away since before needs a snapshot. */
  interrupt(): void
  stop(): void
}

/** After the last client has left, frames are kept this long for its return, and then no longer made. */
const RETURN_MS = 60_000
const KEPT = { frames: 240, bytes: 2 * 1024 * 1024 }

/** Sends frames on time: as soon as something changed, and a heartbeat when nothing does. */
export function startFrames(options: FramesOptions): Frames {
  const { now, queue, clients } = options
  let seq = 0
  let sentAt = Number.NEGATIVE_INFINITY
  let sentStats = ''
  let wantedAt = Number.NEGATIVE_INFINITY
  const kept = new ResumeRing(KEPT, seq)

  function interrupt(): void {
    seq += 1
    kept.restart(seq)
  }

  function tick(): void {
    const at = now()
    if (clients.count > 0) wantedAt = at
    if (at - wantedAt > RETURN_MS) {
      // Whoever comes begins with a snapshot, which holds all of it.
      if (queue.clear()) interrupt()
      return
    }
    const stats = options.stats()
    const statsText = JSON.stringify(stats)
    const isNews = statsText !== sentStats || at - sentAt >= options.heartbeatMs
    if (queue.isEmpty && !(clients.count > 0 && isNews)) return
    sentAt = at
    sentStats = statsText
    const frames = queue.take().map((part) => {
      seq += 1
      return { ...part, seq, at, eventTime: options.eventTime(), stats }
    })
    for (const frame of frames) kept.add(frame)
    clients.send(frames)
  }

  const ticking = setInterval(tick, options.frameEveryMs)
  return {
    seq: () => seq,
    missed: (since) => kept.since(since),
    interrupt,
    stop: () => clearInterval(ticking),
  }
}
