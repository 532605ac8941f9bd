/** Prints elapsed time as seconds with one decimal, as progress shows it: `0.9s`, `12.4s`, `125s`. */
export function elapsedText(ms: number): string {
  return ms < 100_000 ? `${(ms / 1000).toFixed(1)}s` : `${Math.round(ms / 1000)}s`
}

/** Prints the time of day of a wall-clock instant in UTC: `14:01:07`. */
export function timeText(at: number): string {
  return new Date(at).toISOString().slice(11, 19)
}
