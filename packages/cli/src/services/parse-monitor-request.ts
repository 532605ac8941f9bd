import { RadtuneError } from '@radtune/core/errors'
import { readTime } from './time-flag.ts'

/** What `radtune monitor` was asked for, as it was written. */
export interface MonitorFlags {
  interval?: string | undefined
  speed?: string | undefined
  timeout?: string | undefined
}

export interface MonitorRequest {
  intervalMs: number
  /** Times as fast as it happened; 0 is as fast as possible. */
  speed: number
  timeoutMs: number
}

/** Reads interval, speed and timeout. Throws RT-CLI-003. */
export function parseMonitorRequest({ interval, speed, timeout }: MonitorFlags): MonitorRequest {
  return {
    intervalMs: readTime('interval', interval ?? '1s', {
      least: 500,
      most: 10_000,
      example: 'radtune monitor --interval 2s',
    }),
    speed: readSpeed(speed ?? '1x'),
    timeoutMs: readTime('timeout', timeout ?? '120s', {
      most: 86_400_000,
      example: 'radtune monitor --timeout 120s',
    }),
  }
}

function readSpeed(text: string): number {
  const [, number] = /^(\d+(?:\.\d+)?)x?$/i.exec(text.trim()) ?? []
  const speed = Number(number)
  if (number !== undefined && speed <= 100_000) return speed
  throw new RadtuneError('RT-CLI-003', {
    what: `--speed ${text} is not a speed`,
    why: 'it is a number of times, as 10x; 0x is as fast as possible',
    fix: ['radtune monitor --replay run.ndjson --speed 10x'],
  })
}
