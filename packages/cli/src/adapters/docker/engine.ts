import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { RadtuneError } from '@radtune/core/errors'
import type Docker from 'dockerode'

/** The container engine, over its API. */
export type Engine = Docker

export interface EngineFacts {
  version: string
  cpus: number
  memoryBytes: number
  cgroupVersion: string
}

const DEFAULT_SOCKET = '/var/run/docker.sock'
/** An engine that is there answers a ping within milliseconds. */
const ANSWER_MS = 5000

/** The engine that the `docker` command talks to: of DOCKER_HOST, the usual socket, or the command's current context. */
export async function findEngine(environment: NodeJS.ProcessEnv): Promise<Engine> {
  // Heavy, and most commands of a local stack never get here.
  const { default: Docker } = await import('dockerode')
  if (environment.DOCKER_HOST || existsSync(DEFAULT_SOCKET)) return new Docker()
  const host = await contextHost()
  return host?.startsWith('unix://') ? new Docker({ socketPath: host.slice('unix://'.length) }) : new Docker()
}

async function contextHost(): Promise<string | undefined> {
  try {
    const args = ['context', 'inspect', '--format', '{{.Endpoints.docker.Host}}']
    return (await promisify(execFile)('docker', args, { timeout: ANSWER_MS })).stdout.trim()
  } catch {
    return undefined
  }
}

/** What the engine says of itself. Throws RT-DOCKER-001 when none answers, RT-DOCKER-002 when this user may not ask it. */
export async function readEngine(engine: Engine): Promise<EngineFacts> {
  try {
    const info = await within(ANSWER_MS, engine.info())
    return {
      version: String(info.ServerVersion),
      cpus: Number(info.NCPU),
      memoryBytes: Number(info.MemTotal),
      cgroupVersion: String(info.CgroupVersion ?? '1'),
    }
  } catch (error) {
    throw engineError(error)
  }
}

function engineError(error: unknown): RadtuneError {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'EACCES' || code === 'EPERM')
    return new RadtuneError('RT-DOCKER-002', {
      what: 'this user may not talk to the container engine',
      why: message,
      cause: error,
    })
  return new RadtuneError('RT-DOCKER-001', {
    what: 'no container engine answers',
    why: message,
    cause: error,
  })
}

async function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms / 1000} s`)), ms)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
