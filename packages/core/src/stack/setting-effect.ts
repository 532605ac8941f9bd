import { type SettingDefinition, type SettingKey, settings } from '../settings/index.ts'
import type { StackSpec } from './stack-spec.ts'

/** Says what happens when a setting is changed on a running stack, and what to expect of it meanwhile. */
export function settingEffect(
  key: SettingKey,
  { spec, service }: { spec: StackSpec; service?: string | undefined },
): string {
  const { effect, readers }: SettingDefinition = settings[key]
  const names = service === undefined ? servicesOf(readers, spec) : [service]
  switch (effect) {
    case 'live':
      if (names.length === 0)
        return readers.includes('advise')
          ? 'radtune set applies it and nothing restarts: radtune advise judges by it the next time'
          : 'radtune set applies it and nothing restarts: radtune monitor judges by it from its next start'
      return `radtune set applies it within seconds and nothing restarts: ${listed(names)} ${names.length === 1 ? 'says' : 'say'} when it is in force`
    case 'recreate':
      return key === 'worker.count'
        ? 'radtune up adds or removes workers, the backend starts again to see them, and the partitions are dealt out again; those of a removed worker wait for its session to end (consumer.sessionTimeout)'
        : 'existing topics keep theirs; only a launch without earlier data (radtune up --fresh) makes them anew'
    case 'irreversible':
      return 'topics that exist cannot take it, as records would be scattered: radtune up refuses it (RT-KAFKA-001) unless --fresh drops the records'
    case 'restart':
      return restartEffect(readers, names)
  }
}

function restartEffect(readers: SettingDefinition['readers'], names: readonly string[]): string {
  if (readers.includes('topics'))
    return 'radtune up changes the topics that exist and nothing restarts; the broker deletes what is beyond the new bounds within minutes'
  const what = readers.map((reader) => meanwhile[reader]).join('; ')
  return `radtune up restarts ${listed(names)}: ${what}`
}

const meanwhile: Readonly<Record<SettingDefinition['readers'][number], string>> = {
  kafka:
    'everything waits for the broker some seconds, keeps its place in the group and goes on where it was',
  worker: 'the partitions of a worker wait for it and go on from their commits, the others do not notice',
  backend: 'the page connects again by itself, and shows what came meanwhile',
  provider: 'it goes on with the row after the last one that it published',
  frontend: 'the page is away for a second, the readings are not',
  topics: 'the topics are changed in place',
  monitor: 'a monitor that runs takes it up when it is started again',
  advise: 'the next advice judges by it',
}

function servicesOf(readers: SettingDefinition['readers'], { services }: StackSpec): string[] {
  return services.filter(({ role }) => (readers as readonly string[]).includes(role)).map(({ name }) => name)
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}
