import { fitToMachine, type Ledger, type StackSpec } from '@radtune/core/stack'
import { formatBytes, formatCount, formatCpus, formatDuration } from '@radtune/core/units'
import type { Doctor } from '../ports/doctor.ts'
import type { Host } from '../ports/host.ts'
import type { Runtime } from '../ports/runtime.ts'

/** What a check came to: `note` is good to know and fails nothing; `unchecked` could not be answered. */
export interface Verdict {
  state: 'ok' | 'note' | 'problem' | 'unchecked'
  found: string
  fix?: readonly string[]
}

/** What the checks are about. */
export interface CheckContext {
  runtime: Runtime['name']
  doctor: Doctor
  host: Pick<Host, 'facts'>
  spec: StackSpec
  ledger: Ledger
  /** The ports of the next launch; empty while the stack runs and holds them. */
  ports: readonly { port: number; service: string }[]
  running: boolean
}

/** One question of the doctor. */
export interface Check {
  id: string
  /** Asked only of the local runtime: containers bring their own. */
  local?: true
  run(context: CheckContext, signal: AbortSignal): Promise<Verdict>
}

/** Everything that `radtune up` needs, in the order in which it is shown. */
export const checks: readonly Check[] = [
  { id: 'platform', run: checkPlatform },
  { id: 'memory', run: checkMemory },
  { id: 'limits', local: true, run: checkLimits },
  { id: 'disk', run: checkDisk },
  { id: 'ports', run: checkPorts },
  { id: 'java', local: true, run: checkJava },
  { id: 'kafka', local: true, run: checkKafka },
  { id: 'pipeline', local: true, run: checkPipeline },
  { id: 'open files', local: true, run: checkOpenFiles },
  { id: 'clock', run: checkClock },
  { id: 'engine', run: checkEngine },
  { id: 'compose', run: checkCompose },
]

async function checkPlatform({ host }: CheckContext): Promise<Verdict> {
  const { platform } = await host.facts()
  if (platform === 'linux') return { state: 'ok', found: 'linux' }
  return platform === 'darwin'
    ? { state: 'note', found: 'macOS: limits are advice, as it has no control groups' }
    : { state: 'problem', found: `the local runtime does not run on ${platform}`, fix: ['use WSL'] }
}

async function checkMemory({ host, spec }: CheckContext): Promise<Verdict> {
  const facts = await host.facts()
  const { refusal, warnings, neededMemoryBytes, usableMemoryBytes } = fitToMachine(spec, facts)
  const sums = `${spec.profile} needs ${formatBytes(neededMemoryBytes)} of ${formatBytes(usableMemoryBytes)} usable`
  const fix = ['radtune up --profile auto', 'radtune profiles detect']
  if (refusal !== undefined) return { state: 'problem', found: `${sums}: ${refusal.message}`, fix }
  if (facts.availableMemoryBytes < spec.totals.reservedMemoryBytes)
    return {
      state: 'note',
      found: `${sums}, and ${formatBytes(facts.availableMemoryBytes)} are free now; the reservations alone are ${formatBytes(spec.totals.reservedMemoryBytes)}`,
      fix,
    }
  if (warnings.length > 0) return { state: 'note', found: `${sums}; ${warnings.join('; ')}`, fix }
  return { state: 'ok', found: `${sums}, on ${formatCpus(facts.cpus)} CPUs` }
}

/** The kernel gives CPU in slices, and the trial ends in the middle of one. */
const TOLERANCE = 1.5

async function checkLimits({ doctor }: CheckContext, signal: AbortSignal): Promise<Verdict> {
  const { how, trial } = await doctor.limits(signal)
  if (trial === undefined) return { state: 'note', found: `limits are advice here: ${how}` }
  const figures = `a busy process limited to ${formatCpus(trial.limitCpus)} CPU got ${trial.usedCpus.toFixed(2)}`
  return trial.usedCpus <= TOLERANCE * trial.limitCpus
    ? { state: 'ok', found: `${how}: ${figures}` }
    : {
        state: 'problem',
        found: `${how} takes limits and does not keep them: ${figures}`,
        fix: ['cat /proc/self/cgroup', 'radtune up    (the stack shares the CPU by niceness)'],
      }
}

async function checkDisk({ doctor, ledger, running }: CheckContext): Promise<Verdict> {
  const free = await doctor.freeDiskBytes()
  const [low, high = low] = ledger.disk.atRates
  if (low === undefined || high === undefined) return { state: 'ok', found: `${formatBytes(free)} are free` }
  const needs = `logs take up to ${formatBytes(low.bytes)} at ${formatCount(low.perSecond)}/s and ${formatBytes(high.bytes)} at ${formatCount(high.perSecond)}/s`
  const found = `${formatBytes(free)} are free; ${needs}${running ? ', what is there included' : ''}`
  const fix = ['radtune up --set topics.retentionBytes=256MiB', 'radtune up --set topics.retention=1h']
  if (free >= high.bytes) return { state: 'ok', found }
  return { state: free >= low.bytes || running ? 'note' : 'problem', found, fix }
}

async function checkPorts({ doctor, ports, running }: CheckContext): Promise<Verdict> {
  if (running) return { state: 'ok', found: 'the stack of this project runs on its ports' }
  const taken = await doctor.portsInUse(ports.map(({ port }) => port))
  if (taken.length === 0)
    return { state: 'ok', found: `${ports.map(({ port }) => port).join(', ')} are free` }
  const owners = taken.map(({ port, owner }) => {
    const service = ports.find((one) => one.port === port)?.service
    return `${port} (${service}) is in use${owner === undefined ? '' : ` by ${owner}`}`
  })
  return { state: 'problem', found: owners.join('; '), fix: ['radtune up --port auto'] }
}

async function checkJava({ doctor }: CheckContext): Promise<Verdict> {
  const { version, path } = await doctor.java()
  return { state: 'ok', found: `Java ${version}, ${path}` }
}

async function checkKafka({ doctor }: CheckContext): Promise<Verdict> {
  const { version, cached, maven } = await doctor.kafka()
  if (cached) return { state: 'ok', found: `Kafka ${version} is in the cache` }
  return maven === undefined
    ? {
        state: 'problem',
        found: `Kafka ${version} is not in the cache, and there is no mvn on the PATH to fetch it with`,
        fix: ['sudo apt-get install maven', 'brew install maven'],
      }
    : { state: 'ok', found: `Kafka ${version} will be fetched once, about 50 MB, by ${maven}` }
}

async function checkPipeline({ doctor }: CheckContext): Promise<Verdict> {
  return { state: 'ok', found: `the services are built in ${await doctor.pipeline()}` }
}

/** Log, index and time index of a segment. */
const FILES_PER_SEGMENT = 3
/** Jars, sockets, and the internal topics. */
const OTHER_FILES = 1000

async function checkOpenFiles({ doctor, spec }: CheckContext): Promise<Verdict> {
  const limit = await doctor.openFiles()
  if (limit === undefined)
    return { state: 'note', found: 'this system does not tell how many files may be open' }
  const { settings } = spec
  const segments = Math.ceil(settings['topics.retention'].value / settings['topics.segmentTime'].value) + 1
  const partitions = spec.topics.reduce((sum, topic) => sum + topic.partitions, 0)
  const needed = partitions * segments * FILES_PER_SEGMENT + OTHER_FILES
  const figures = `${formatCount(limit)} may be open; the broker needs about ${formatCount(needed)} (${partitions} partitions × ${segments} segments × ${FILES_PER_SEGMENT} files, and ${formatCount(OTHER_FILES)} others)`
  const found = limit === Number.MAX_SAFE_INTEGER ? 'as many as it takes' : figures
  return limit >= needed
    ? { state: 'ok', found }
    : { state: 'problem', found, fix: [`ulimit -Hn ${needed}`, 'radtune up --set topics.segmentTime=24h'] }
}

/** More than this in half a second is a clock that is being set, not one that drifts. */
const MOST_JUMP_MS = 50

async function checkClock({ doctor }: CheckContext, signal: AbortSignal): Promise<Verdict> {
  const { jumpMs, watchedMs, synchronised } = await doctor.clock(signal)
  if (Math.abs(jumpMs) > MOST_JUMP_MS)
    return {
      state: 'problem',
      found: `the wall clock moved by ${jumpMs} ms against the steady one within ${formatDuration(watchedMs)}: latencies and retention go by it`,
      fix: ['timedatectl status', 'let one program alone set the clock'],
    }
  const steady = `steady within ${Math.abs(jumpMs)} ms over ${formatDuration(watchedMs)}`
  if (synchronised === undefined)
    return { state: 'ok', found: `${steady}; nothing tells whether it is kept in step` }
  return synchronised
    ? { state: 'ok', found: `${steady}, kept in step with the world` }
    : {
        state: 'note',
        found: `${steady}, and not kept in step with the world: times of readings may be off`,
        fix: ['sudo timedatectl set-ntp true'],
      }
}

const NOT_NEEDED = 'not needed for the local runtime'

/** What the docker runtime cannot do without, and the local one does not need. */
function lacking({ runtime }: CheckContext, found: string, fix: readonly string[]): Verdict {
  return runtime === 'docker'
    ? { state: 'problem', found, fix }
    : { state: 'note', found: `${found}; ${NOT_NEEDED}` }
}

async function checkEngine(context: CheckContext, signal: AbortSignal): Promise<Verdict> {
  const engine = await context.doctor.engine(signal)
  if ('tried' in engine)
    return lacking(context, `no container engine answers at ${engine.tried} (${engine.why})`, [
      'sudo systemctl start docker',
      'radtune up --runtime local',
    ])
  const { version, address, cgroup } = engine
  return { state: 'ok', found: `engine ${version} at ${address}${cgroup === undefined ? '' : `, ${cgroup}`}` }
}

async function checkCompose(context: CheckContext, signal: AbortSignal): Promise<Verdict> {
  const version = await context.doctor.compose(signal)
  const fix = ['apt-get install docker-compose-plugin', 'radtune up --runtime local']
  if (version === undefined) return lacking(context, 'there is no docker compose', fix)
  const [major = 0, minor = 0] = version.match(/\d+/g)?.map(Number) ?? []
  return major > 2 || (major === 2 && minor >= 20)
    ? { state: 'ok', found: `docker compose ${version}` }
    : lacking(context, `docker compose ${version} is too old for containers, which need 2.20`, fix)
}
