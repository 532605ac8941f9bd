import type { ComposeNode } from '../compose-file/index.ts'
import { parseBytes } from '../units/index.ts'
import {
  bytesField,
  durationField,
  type Field,
  type FieldOf,
  normaliseScalar,
  setField,
  textField,
} from './field.ts'

/** Compose's own defaults, by the last keys of a path. */
const defaults: Readonly<Record<string, string>> = {
  restart: 'no',
  init: 'false',
  privileged: 'false',
  read_only: 'false',
  tty: 'false',
  stdin_open: 'false',
  stop_grace_period: '10000',
  stop_signal: 'SIGTERM',
  'healthcheck.interval': '30000',
  'healthcheck.timeout': '30000',
  'healthcheck.retries': '3',
  'healthcheck.start_period': '0',
  'healthcheck.start_interval': '5000',
  'build.dockerfile': 'Dockerfile',
  'build.context': '.',
  'logging.driver': 'json-file',
  cpu_shares: '0',
}

const DURATIONS = /\.(stop_grace_period|interval|timeout|start_period|start_interval|delay|window|monitor)$/
const AMOUNTS = /\.(shm_size|size)$/

/** Labels that only say again what the rest of a service says. */
export function isPlanLabel(label: string): boolean {
  return label === 'radtune.spec'
}

/** A part of a compose file as fields: a scalar, a list whose order means nothing, or all of a map. */
export function nodeFields(node: ComposeNode, of: Omit<FieldOf, 'at'>): Field[] {
  const field: FieldOf = { ...of, at: node.at, fallback: defaultOf(of.path) }
  switch (node.kind) {
    case 'map':
      return [...node.entries].flatMap(([key, { value }]) =>
        nodeFields(value, { ...of, path: `${of.path}.${key}` }),
      )
    case 'list':
      return node.items.every(({ kind }) => kind === 'scalar')
        ? node.items.length === 0
          ? []
          : [
              setField(
                field,
                node.items.map((item) => scalarText(item)),
              ),
            ]
        : node.items.flatMap((item, index) => nodeFields(item, { ...of, path: `${of.path}.${index}` }))
    case 'scalar':
      return node.value === null ? [] : [scalarField(field, String(node.value))]
  }
}

function scalarField(field: FieldOf, text: string): Field {
  if (field.path.endsWith('.build'))
    return textField({ ...field, path: `${field.path}.context`, fallback: '.' }, text)
  // A list of one is often written as just the one.
  if (/\.(tmpfs|dns|dns_search|env_file)$/.test(field.path)) return setField(field, [text])
  const ms = DURATIONS.test(field.path) ? parseGoDuration(text) : undefined
  if (ms !== undefined) return durationField(field, ms)
  const bytes = AMOUNTS.test(field.path) ? parseBytes(text) : undefined
  return bytes?.ok ? bytesField(field, bytes.value) : textField(field, normaliseScalar(text))
}

function scalarText(node: ComposeNode): string {
  return node.kind === 'scalar' && node.value !== null ? normaliseScalar(String(node.value)) : ''
}

function defaultOf(path: string): string | undefined {
  const words = path.split('.')
  return (
    defaults[words.slice(-2).join('.')] ?? (words.length === 2 ? defaults[words.at(-1) ?? ''] : undefined)
  )
}

const unitMs: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** Durations of compose, in milliseconds: `1m30s`, `90s`, `1.5m`. */
function parseGoDuration(text: string): number | undefined {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)(us|ms|s|m|h)/g)]
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text.trim()) return undefined
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (unitMs[unit ?? ''] ?? 0), 0)
}
