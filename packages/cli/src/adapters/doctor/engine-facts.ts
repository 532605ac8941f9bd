import { execFile } from 'node:child_process'
import { request } from 'node:http'
import type { EngineFacts } from '../../ports/doctor.ts'

const DEFAULT_SOCKET = '/var/run/docker.sock'

/** Asks the engine of DOCKER_HOST, else of the usual socket, what it is. Two small requests need no client library. */
export async function findEngine(
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<EngineFacts | { tried: string; why: string }> {
  const address = environment.DOCKER_HOST || `unix://${DEFAULT_SOCKET}`
  try {
    const version = await ask(address, '/version', signal)
    const info = await ask(address, '/info', signal).catch(() => undefined)
    const cgroup = textOf(info, 'CgroupVersion')
    return {
      version: textOf(version, 'Version') ?? 'of unknown version',
      address,
      cgroup: cgroup === undefined ? undefined : `cgroup v${cgroup}`,
    }
  } catch (error) {
    signal.throwIfAborted()
    return { tried: address, why: error instanceof Error ? error.message : String(error) }
  }
}

/** The version that `docker compose` says of itself; undefined where there is none. */
export function findCompose(
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile('docker', ['compose', 'version', '--short'], { env: environment, signal }, (error, stdout) => {
      resolve(error ? undefined : stdout.trim() || undefined)
    })
  })
}

function ask(address: string, path: string, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const req = request({ ...endpoint(address), path, signal }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('error', reject)
      response.on('end', () => {
        if (response.statusCode !== 200) return reject(new Error(`it answered ${response.statusCode}`))
        try {
          resolve(JSON.parse(text))
        } catch (error) {
          reject(error)
        }
      })
    })
    req.on('error', reject)
    req.end()
  })
}

function endpoint(address: string): { socketPath: string } | { host: string; port: number } {
  if (address.startsWith('unix://')) return { socketPath: address.slice('unix://'.length) }
  const { hostname, port } = new URL(address.replace(/^tcp:/, 'http:'))
  return { host: hostname, port: Number(port) || 2375 }
}

function textOf(document: unknown, key: string): string | undefined {
  const value = (document as Record<string, unknown> | undefined)?.[key]
  return typeof value === 'string' ? value : undefined
}
