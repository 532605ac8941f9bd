import { RadtuneError } from '@radtune/core/errors'
import { parseDuration } from '@radtune/core/units'

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
    intervalMs: readTime('interval', interval ?? '1s', { min: 500, max: 10_000, range: '500ms to 10s' }),
    speed: readSpeed(speed ?? '1x'),
    timeoutMs: readTime('timeout', timeout ?? '120s', {
      min: 1,
      max: 86_400_000,
      range: 'more than 0 to 24h',
    }),
  }
}

function readTime(
  flag: string,
  text: string,
  { min, max, range }: { min: number; max: number; range: string },
): number {
  const parsed = parseDuration(/^\d+(\.\d+)?$/.test(text.trim()) ? `${text.trim()}s` : text)
  if (parsed.ok && parsed.value >= min && parsed.value <= max) return parsed.value
  throw new RadtuneError('RT-CLI-003', {
    what: `--${flag} ${text} is not a time that it can take`,
    why: parsed.ok ? `it is ${range}` : parsed.problem,
    fix: [`radtune monitor --${flag} ${flag === 'interval' ? '2s' : '120s'}`],
  })
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
