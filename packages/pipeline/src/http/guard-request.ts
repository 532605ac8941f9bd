import { isIP } from 'node:net'

export interface GuardOptions {
  /** Host names, beside those of loopback, under which this server is reached. */
  allowedHosts?: readonly string[]
  /** Origins, beside its own, whose pages may talk to it, e.g. `http://map.example:8080`. */
  allowedOrigins?: readonly string[]
}

export interface Refusal {
  status: 403 | 421
  reason: string
}

const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '::1'])

/**
 * Why a request must not be answered, or undefined. A foreign `Host` is how a page reaches a loopback server through a
 * DNS name of its own; a foreign `Origin` is how it opens a WebSocket. Programs other than browsers send no `Origin`.
 */
export function guardRequest(
  headers: { host?: string | undefined; origin?: string | undefined },
  { allowedHosts = [], allowedOrigins = [] }: GuardOptions = {},
): Refusal | undefined {
  const host = headers.host ?? ''
  const name = hostName(host)
  if (name === undefined || !(LOOPBACK_NAMES.has(name) || allowedHosts.includes(name)))
    return { status: 421, reason: `this server is not ${JSON.stringify(host)}` }
  const { origin } = headers
  if (origin === undefined || allowedOrigins.includes(origin) || isSameHost(origin, host)) return undefined
  return { status: 403, reason: `pages of ${JSON.stringify(origin)} may not use this server` }
}

function hostName(host: string): string | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::\d{1,5})?$/.exec(host)
  if (match?.[1] !== undefined) return isIP(match[1]) === 6 ? match[1].toLowerCase() : undefined
  return match?.[2]?.toLowerCase()
}

function isSameHost(origin: string, host: string): boolean {
  if (!URL.canParse(origin)) return false
  const { protocol, host: originHost } = new URL(origin)
  return (protocol === 'http:' || protocol === 'https:') && originHost === host.toLowerCase()
}
