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
