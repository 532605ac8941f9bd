import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { RadtuneError } from '@radtune/core/errors'
import { jvmFlags, renderBrokerProperties } from '@radtune/core/render'
import { MIB } from '@radtune/core/units'
import { type ClassArchive, keepClassArchive, openClassArchive } from './class-archive.ts'
import { findFreePorts } from './free-ports.ts'
import { findJava, lastLines } from './java.ts'
import { classArchivePath, provideKafka } from './kafka-artefacts.ts'

export interface BrokerOptions {
  /** Folder for the broker's file and data; kept by `stop`. */
  dataDir: string
  /** Free ones are taken when absent. */
  port?: number
  controllerPort?: number
  /** Default 256 MiB. */
  heapBytes?: number
  /** Processors that Java sizes its pools by; default 2. */
  cpus?: number
  partitions?: number
  /** Milliseconds a first group of members waits for others; default 0 here, so that tests do not wait. */
  groupDelayMs?: number
  environment?: NodeJS.ProcessEnv
  onProgress?: (progress: { what: string; detail: string }) => void
}

export interface RunningBroker {
  /** `127.0.0.1:port`. */
  bootstrap: string
  port: number
  pid: number
  /** Resolves once it has ended; SIGTERM first, SIGKILL after 20 s. */
  stop(): Promise<void>
  /** Sends a signal, `SIGKILL` by default, and resolves once it has ended. */
  kill(signal?: NodeJS.Signals): Promise<void>
}

/** Starts one Kafka broker by itself, outside of any stack, and resolves when it accepts connections. For tests and calibration. */
export async function startBroker(options: BrokerOptions): Promise<RunningBroker> {
  const environment = options.environment ?? process.env
  const java = await findJava(environment)
  const artefacts = await provideKafka({ environment, onProgress: options.onProgress ?? (() => undefined) })
  const [freePort = 0, freeControllerPort = 0] = await findFreePorts(2)
  const port = options.port ?? freePort
  const dataDir = join(options.dataDir, 'data')
  const config = join(options.dataDir, 'server.properties')
  await mkdir(dataDir, { recursive: true })
  const properties = renderBrokerProperties({
    port,
    controllerPort: options.controllerPort ?? freeControllerPort,
    dataDir,
    partitions: options.partitions ?? 6,
    replicationFactor: 1,
    retentionMs: 86_400_000,
    segmentBytes: 64 * MIB,
  })
  await writeFile(config, `${properties}group.initial.rebalance.delay.ms=${options.groupDelayMs ?? 0}\n`)
  const classPath = ['-cp', artefacts.classPath]
  if (!existsSync(join(dataDir, 'meta.properties'))) {
    const tool = ['-Xmx128m', '-XX:+UseSerialGC', ...classPath, 'kafka.tools.StorageTool']
    const format = ['format', '-t', newClusterId(), '-c', config, '--standalone']
    await promisify(execFile)(java.path, [...tool, ...format])
  }
  const archive = await openClassArchive(classArchivePath(artefacts, java))
  const flags = jvmFlags({ heapBytes: options.heapBytes ?? 256 * MIB, cpus: options.cpus ?? 2 })
  const args = [...archive.flags, ...flags, ...classPath, 'kafka.Kafka', config]
  const child = spawn(java.path, args, { stdio: ['ignore', 'pipe', 'pipe'], env: environment })
  return superviseChild(child, { port, archive })
}

/** A cluster id as Kafka writes them: 16 random bytes in URL-safe base64, not beginning with a dash. */
export function newClusterId(): string {
  for (;;) {
    const id = randomBytes(16).toString('base64url')
    if (!id.startsWith('-')) return id
  }
}

async function superviseChild(
  child: ChildProcess,
  { port, archive }: { port: number; archive: ClassArchive },
): Promise<RunningBroker> {
  let output = ''
  const onText = (text: Buffer) => {
    output = (output + text.toString()).slice(-20_000)
  }
  child.stdout?.on('data', onText)
  child.stderr?.on('data', onText)
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve())
    child.once('exit', () => resolve())
  })
  const killOnExit = () => child.kill('SIGKILL')
  process.once('exit', killOnExit)
  ended.then(() => process.removeListener('exit', killOnExit))
  const isRunning = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null
  while (isRunning() && !(await accepts(port))) await new Promise((resolve) => setTimeout(resolve, 50))
  if (!isRunning())
    throw new RadtuneError('RT-UP-004', { what: 'the broker did not come up', logs: lastLines(output, 8) })
  const kill = async (signal: NodeJS.Signals = 'SIGKILL') => {
    if (isRunning()) child.kill(signal)
    await ended
  }
  const stop = async () => {
    const force = setTimeout(() => child.kill('SIGKILL'), 20_000)
    await kill('SIGTERM')
    clearTimeout(force)
    // 143 is how Java ends on SIGTERM when all went well.
    if (child.exitCode === 143) await keepClassArchive(archive)
  }
  return { bootstrap: `127.0.0.1:${port}`, port, pid: child.pid ?? 0, stop, kill }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    const answer = (accepted: boolean) => {
      socket.destroy()
      resolve(accepted)
    }
    socket.setTimeout(1000, () => answer(false))
    socket.once('connect', () => answer(true))
    socket.once('error', () => answer(false))
  })
}
