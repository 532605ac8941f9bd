import {
  printSettingRange,
  type SettingDefinition,
  type SettingKey,
  settings,
  writeSettingValue,
} from '../settings/index.ts'
import type { StackSpec } from '../stack/index.ts'

/** What people change first, by what it is about. */
const SECTIONS: readonly { title: string; keys: readonly SettingKey[] }[] = [
  {
    title: 'What counts as what',
    keys: ['thresholds.moderate', 'thresholds.high', 'thresholds.critical', 'rules.maxCpm'],
  },
  {
    title: 'How much at once',
    keys: ['pipeline.parallelism', 'worker.count', 'provider.rate', 'provider.playbackSpeed'],
  },
  {
    title: 'Batches: throughput against latency',
    keys: [
      'producer.main.linger',
      'producer.main.batchBytes',
      'producer.main.compression',
      'producer.dirty.linger',
      'producer.dirty.batchBytes',
      'producer.dirty.compression',
      'provider.producer.linger',
      'consumer.fetchMinBytes',
      'consumer.fetchMaxWait',
      'pipeline.commitInterval',
    ],
  },
  {
    title: 'What is kept',
    keys: [
      'topics.radiation-data.partitions',
      'topics.retention',
      'topics.segmentBytes',
      'topics.retentionBytes',
      'pipeline.duplicateWindow',
    ],
  },
  {
    title: 'Memory and CPU',
    keys: ['kafka.memory', 'kafka.heap', 'kafka.cpus', 'worker.memory', 'worker.cpus'],
  },
]

/**
 * An annotated radtune.yaml: the profile, and the settings that people look for as comments with the value that they have
 * without it. Taking one `# ` from every line gives a file that pins them all to just that.
 */
export function renderProjectFile(spec: StackSpec, profile: string): string {
  return [
    '## What is different in this project from its profile. Commit it. A setting that is given here is a pin: it is kept as',
    '## it is, shown as pinned, and refused when the plan cannot hold with it.',
    '##',
    '## To pin one, take the "# " from its line. All settings: radtune explain. What came of it: radtune plan --show-origin',
    '',
    '## The machine: a name such as 4c8g or 6c12g, or a file. radtune profiles lists what there is.',
    `profile: ${profile}`,
    '',
    'settings:',
    ...SECTIONS.flatMap(({ title, keys }) => [
      '',
      `  ## ${title}`,
      ...keys.flatMap((key) => ['', ...settingLines(spec, key)]),
    ]),
    '',
  ]
    .join('\n')
    .replace('settings:\n\n', 'settings:\n')
}

function settingLines(spec: StackSpec, key: SettingKey): string[] {
  const { title, effect }: SettingDefinition = settings[key]
  const { value, reason } = spec.settings[key]
  return [
    `  ## ${title} (${printSettingRange(key)}; ${effect})`,
    `  ## ${reason.sentence}`,
    `  # ${key}: ${writeSettingValue(key, value)}`,
  ]
}
