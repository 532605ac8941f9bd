import type { Profile } from '@radtune/core/profile'
import { printSettingValue } from '@radtune/core/settings'
import { formatBytes, formatCpus, formatDuration } from '@radtune/core/units'
import type { WrittenProfile } from '../services/create-profile.ts'

/** A profile as YAML that reads back as the same profile, with where it came from on the first line. */
export function profileText(profile: Profile, path: string | null): string {
  const { name, machine, workload, pins } = profile
  return [
    path === null ? `# sized from the name ${name}` : `# ${path}`,
    `name: ${name}`,
    'machine:',
    `  cpus: ${formatCpus(machine.cpus)}`,
    `  memory: ${exactBytes(machine.memoryBytes)}`,
    'workload:',
    `  rate: ${workload.minPerSecond}-${workload.maxPerSecond}`,
    `  latency: ${formatDuration(workload.latencyTargetMs).replaceAll(' ', '')}`,
    ...(pins.length > 0
      ? [
          'settings:',
          ...pins.map(({ key, value, service }) => {
            const written = service === undefined ? key : key.replace(/^worker(?=\.)/, service)
            return `  ${written}: ${value}  # ${printSettingValue(key, value)}`
          }),
        ]
      : []),
  ].join('\n')
}

function exactBytes(bytes: number): string {
  const printed = formatBytes(bytes)
  return /^\d+ GiB$/.test(printed) ? printed.replace(' GiB', 'GB') : String(bytes)
}

/** What became of a profile file: the file itself in a dry run, else where it is and what to do with it. */
export function writtenProfileText({ path, how, text, backup }: WrittenProfile, name: string): string {
  if (how === 'dry run') return text.trimEnd()
  return [
    how === 'the same already' ? `${path} says so already` : `${path} ${how}`,
    ...(backup === undefined ? [] : [`what was there is kept in ${backup}`]),
    `next  radtune plan --profile ${name}`,
  ].join('\n')
}
