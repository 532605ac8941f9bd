import { createHash, timingSafeEqual } from 'node:crypto'
import type { WriteMode } from '@radtune/core/contract'
import { RadtuneError } from '@radtune/core/errors'

/** By what it is decided who may write. */
export interface WriteAccess {
  /** Address under which the server is published, e.g. `127.0.0.1`. */
  publishedHost: string
  token?: string | undefined
}

export interface WriteRefusal {
  status: 401 | 403
  reason: string
}

const LEAST_TOKEN = 16

/**
 * A token that is set is asked for wherever the server is published; without one, writes are open on loopback and closed elsewhere.
 * Throws RT-SET-001 for a token that is too short to be one.
 */
export function writeModeOf({ publishedHost, token }: WriteAccess): WriteMode {
  if (token !== undefined && token.length < LEAST_TOKEN)
    throw new RadtuneError('RT-SET-001', {
      what: `RADTUNE_TOKEN has ${token.length} characters`,
      why: `a token of less than ${LEAST_TOKEN} characters can be guessed`,
      fix: ['openssl rand -hex 24'],
    })
  if (token !== undefined) return 'token'
  return isLoopback(publishedHost) ? 'open' : 'closed'
}

/** Why a request must not change anything, or undefined. Tokens are compared in a time that tells nothing about them. */
export function guardWrite(authorization: string | undefined, access: WriteAccess): WriteRefusal | undefined {
  switch (writeModeOf(access)) {
    case 'open':
      return undefined
    case 'closed':
      return {
        status: 403,
        reason: `changes are refused: this is published on ${access.publishedHost}, beyond this machine; set RADTUNE_TOKEN where it is started, and send it as Authorization: Bearer …`,
      }
    case 'token': {
      const given = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
      if (given !== undefined && isSame(given, access.token ?? '')) return undefined
      return {
        status: 401,
        reason:
          given === undefined
            ? 'a change needs the token of this server, as Authorization: Bearer …'
            : 'this is not the token of this server',
      }
    }
  }
}

function isSame(given: string, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(token))
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}
