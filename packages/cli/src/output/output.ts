import type { TextStream } from '../ports/text-stream.ts'
import { createPalette, type Palette, wantsColour } from './palette.ts'

/** How this run talks: what the global flags said, before anything else is read from the command line. */
export interface OutputMode {
  json: boolean
  quiet: boolean
  noColour: boolean
}

/** The two voices of a command: data on stdout, conversation on stderr. */
export interface Output {
  readonly mode: OutputMode
  /** Data as text, with a newline; nothing in JSON mode. */
  data(text: string): void
  /** Progress and hints on stderr; nothing when quiet. */
  say(text: string): void
  /** Something to be careful about: stderr at once, and `warnings` of the JSON document. */
  warn(text: string): void
  /** An error already in its text form. */
  complain(text: string): void
  /** The one JSON document of a run. */
  document(value: unknown): void
  readonly warnings: readonly string[]
  readonly stdout: StreamStyle
  readonly stderr: StreamStyle
}

/** What a stream can show. `columns` is 80 where the width is not known. */
export interface StreamStyle {
  terminal: boolean
  columns: number
  colour: boolean
  palette: Palette
}

/** The streams of a process and what its environment says about colour. */
export interface OutputStreams {
  stdout: TextStream
  stderr: TextStream
  environment: Readonly<Record<string, string | undefined>>
}

export function createOutput(world: OutputStreams, mode: OutputMode): Output {
  const stdout = describeStream(world.stdout, world.environment, mode)
  const stderr = describeStream(world.stderr, world.environment, mode)
  const warnings: string[] = []
  return {
    mode,
    warnings,
    stdout,
    stderr,
    data(text) {
      if (!mode.json) world.stdout.write(`${text}\n`)
    },
    say(text) {
      if (!mode.quiet) world.stderr.write(`${text}\n`)
    },
    warn(text) {
      warnings.push(text)
      if (!(mode.json && mode.quiet)) world.stderr.write(`${stderr.palette.yellow('warning')}: ${text}\n`)
    },
    complain(text) {
      world.stderr.write(`${text}\n`)
    },
    document(value) {
      world.stdout.write(`${JSON.stringify(value, null, stdout.terminal ? 2 : 0)}\n`)
    },
  }
}

function describeStream(
  stream: TextStream,
  environment: OutputStreams['environment'],
  mode: OutputMode,
): StreamStyle {
  const terminal = stream.isTTY === true
  const colour = !mode.noColour && wantsColour(environment, terminal)
  return {
    terminal,
    columns: stream.columns && stream.columns > 0 ? stream.columns : 80,
    colour,
    palette: createPalette(colour),
  }
}
