import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { runJson } from '../e2e/radtune.ts'

export interface StackOptions {
  /** Project folder. */
  project: string
  profile: string
  perSecond: number
}

interface StatusData {
  running: boolean
  ports: { kafka: number; backend: number; frontend: number }
  services: { name: string; state: string; pid: number | null; restarts: number }[]
}

/** A stack of the built program, with its processes in reach. */
export interface StackUnderTest {
  readonly options: StackOptions
  readonly bootstrap: string
  up(options?: { perSecond?: number; fresh?: boolean }): Promise<void>
  down(): Promise<void>
  status(): Promise<StatusData>
  /** Of a service, as the supervisor says; waits until it has a process. */
  pidOf(service: string): Promise<number>
  workers(): Promise<string[]>
  supervisorPid(): number
  statsPorts(): Readonly<Record<string, number>>
  /** Processes that bear the mark of this stack. */
  marked(): number[]
}

export async function createStackUnderTest(options: StackOptions): Promise<StackUnderTest> {
  const { project, profile } = options
  const localFolder = join(project, '.radtune', 'local')
  let { perSecond } = options
  let ports: Record<string, unknown> = {}
  let kafkaPort = 0

  async function json(args: readonly string[]) {
    const { result, document } = await runJson(project, args)
    if (!document.ok)
      throw new Error(`radtune ${args.join(' ')} failed: ${JSON.stringify(document.error)}\n${result.stderr}`)
    return document.data
  }

  const stack: StackUnderTest = {
    options,
    get bootstrap() {
      return `127.0.0.1:${kafkaPort}`
    },
    async up(change = {}) {
      perSecond = change.perSecond ?? perSecond
      const fresh = change.fresh ? ['--fresh', '--yes'] : []
      const where = ['--profile', profile, '--port', 'auto', '--rate', String(perSecond)]
      const data = await json(['up', ...where, ...fresh])
      ports = data.ports.stats
      kafkaPort = data.ports.kafka
    },
    async down() {
      await json(['down'])
    },
    status: () => json(['status']),
    async pidOf(service) {
      const state = join(localFolder, 'supervisor.json')
      for (const end = performance.now() + 30_000; performance.now() < end; await delay(50)) {
        const { services } = JSON.parse(readFileSync(state, 'utf8')) as {
          services: { name: string; pid: number }[]
        }
        const found = services.find(({ name }) => name === service)
        if (found) return found.pid
      }
      throw new Error(`${service} has no process`)
    },
    async workers() {
      return Object.keys(ports)
        .filter((name) => name.startsWith('worker-'))
        .sort()
    },
    supervisorPid() {
      const state = JSON.parse(readFileSync(join(localFolder, 'supervisor.json'), 'utf8'))
      return (state as { supervisor: { pid: number } }).supervisor.pid
    },
    statsPorts: () => ports as Record<string, number>,
    marked: () => markedProcesses(localFolder),
  }
  return stack
}

/** Linux only: elsewhere none are found, and nothing is said about orphans. */
function markedProcesses(localFolder: string): number[] {
  const mark = `RADTUNE_STACK=${localFolder}`
  const found: number[] = []
  for (const name of process.platform === 'linux' ? readdirSync('/proc') : []) {
    if (!/^\d+$/.test(name)) continue
    try {
      if (readFileSync(`/proc/${name}/environ`, 'utf8').split('\0').includes(mark)) found.push(Number(name))
    } catch {
      // It has ended, or belongs to somebody else.
    }
  }
  return found
}
