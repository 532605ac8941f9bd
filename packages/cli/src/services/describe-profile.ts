import { RadtuneError } from '@radtune/core/errors'
import { type ProfileFile, profileFromName, usualWorkload, type WrittenPin } from '@radtune/core/profile'
import { parseSetting, parseSettingKey } from '@radtune/core/settings'
import { detectProfileName, type Machine } from '@radtune/core/stack'
import {
  formatBytes,
  formatCpus,
  type Parsed,
  parseBytes,
  parseCpus,
  parseDuration,
  parseRateRange,
} from '@radtune/core/units'
import type { Host } from '../ports/host.ts'

/** What a person says of a new profile, as text. What is left out comes from the name, else from this machine. */
export interface ProfileWishes {
  name: string
  cpus: string | undefined
  memory: string | undefined
  rate: string | undefined
  latency: string | undefined
  /** KEY=VALUE. */
  assignments: readonly string[]
}

/** Settles what a new profile says. Throws RT-CLI-003 for a value that cannot be read, RT-SET-… for a setting. */
export async function describeProfile(
  wishes: ProfileWishes,
  host: Pick<Host, 'facts'>,
): Promise<ProfileFile> {
  const { name } = wishes
  if (!/^[a-z0-9][a-z0-9._-]{0,62}$/i.test(name) || name === 'auto')
    throw new RadtuneError('RT-CLI-003', {
      what: `"${name}" cannot be the name of a profile`,
      why:
        name === 'auto'
          ? 'auto stands for the profile of this machine'
          : 'a name is made of letters, digits, ".", "-" and "_", and begins with a letter or digit',
      fix: ['radtune profiles new my-machine --cpus 4 --memory 8GB'],
    })
  const { machine, from } = await settleMachine(wishes, host)
  const usual = usualWorkload(machine.cpus)
  const rate = read('--rate', wishes.rate, parseRateRange)
  return {
    name,
    about: `${formatCpus(machine.cpus)} CPUs and ${formatBytes(machine.memoryBytes)}, ${from}.`,
    machine,
    workload: {
      minPerSecond: rate?.minPerSecond ?? usual.minPerSecond,
      maxPerSecond: rate?.maxPerSecond ?? usual.maxPerSecond,
      latencyTargetMs: read('--latency', wishes.latency, parseDuration) ?? usual.latencyTargetMs,
    },
    pins: wishes.assignments.map(readPin),
  }
}

async function settleMachine(
  { name, cpus: cpusText, memory }: ProfileWishes,
  host: Pick<Host, 'facts'>,
): Promise<{ machine: Machine; from: string }> {
  const cpus = read('--cpus', cpusText, parseCpus)
  const memoryBytes = read('--memory', memory, parseBytes)
  if (cpus !== undefined && memoryBytes !== undefined)
    return { machine: { cpus, memoryBytes }, from: 'as given' }
  const byName = profileFromName(name)
  const isNamed = byName.ok
  const rest = isNamed ? byName.profile.machine : machineOf(detectProfileName(await host.facts()))
  return {
    machine: { cpus: cpus ?? rest.cpus, memoryBytes: memoryBytes ?? rest.memoryBytes },
    from: isNamed ? 'as its name says' : 'what this machine has where nothing else was given',
  }
}

function machineOf(name: string): Machine {
  const named = profileFromName(name)
  if (!named.ok) throw new RadtuneError('RT-PROF-002', { what: named.problem })
  return named.profile.machine
}

function read<Value>(
  flag: string,
  text: string | undefined,
  parse: (text: string) => Parsed<Value>,
): Value | undefined {
  if (text === undefined) return undefined
  const parsed = parse(text)
  if (parsed.ok) return parsed.value
  throw new RadtuneError('RT-CLI-003', {
    what: `${flag}: ${parsed.problem}`,
    fix: ['radtune profiles new --help'],
  })
}

function readPin(text: string): WrittenPin {
  const [name = '', ...rest] = text.split('=')
  const setting = parseSettingKey(name.trim())
  if (!setting.ok || rest.length === 0)
    throw new RadtuneError('RT-SET-002', {
      what: setting.ok ? `--set ${text} is not KEY=VALUE` : `--set: ${setting.problem}`,
      ...(setting.ok || setting.suggestion === undefined
        ? {}
        : { why: `did you mean ${setting.suggestion}?` }),
      fix: ['radtune explain'],
    })
  const value = parseSetting(setting.key, rest.join('=').trim())
  if (!value.ok)
    throw new RadtuneError('RT-SET-001', {
      what: `--set ${name}: ${value.problem}`,
      fix: [`radtune explain ${setting.key}`],
    })
  const { key, service } = setting
  return { key, value: value.value, ...(service === undefined ? {} : { service }) }
}
