import type { LogLine } from '../ports/runtime.ts'
import type { Palette } from './palette.ts'

/** Prints log lines with the name of their service before them, aligned, each service in its own colour. */
export function createLogTeller(services: readonly string[], palette: Palette): (line: LogLine) => string {
  const width = Math.max(...services.map((name) => name.length))
  const colours = [palette.cyan, palette.green, palette.yellow, palette.bold, palette.dim]
  return ({ service, text }) => {
    const colour = colours[Math.max(0, services.indexOf(service)) % colours.length] ?? palette.dim
    return `${colour(`${service.padEnd(width)} |`)} ${text}`
  }
}

const LEVELS: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'WARN',
  50: 'ERROR',
  60: 'FATAL',
}

/** A line of a service's JSON log as one reads it: time, level, message, then what else it says; other lines as they are. */
export function readableLogLine(text: string): string {
  if (!text.startsWith('{')) return text
  let entry: unknown
  try {
    entry = JSON.parse(text)
  } catch {
    return text
  }
  const { level, time, msg, ...details } = entry as Record<string, unknown>
  if (typeof level !== 'number' || typeof time !== 'number' || typeof msg !== 'string') return text
  const told = Object.entries(details).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  return [new Date(time).toISOString().slice(11, 23), LEVELS[level] ?? level, msg, ...told].join(' ')
}
