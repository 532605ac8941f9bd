import { type Artifact, withHeader } from './artifact.ts'
import { because, plainOf, shared, writeYaml, type YamlEntries } from './commented-yaml.ts'
import { composeSettings } from './compose-environment.ts'
import { composeKafka, KAFKA_VOLUME } from './compose-kafka.ts'
import { composePipeline, pipelineDefaults } from './compose-pipeline.ts'
import { type ComposeRendering, NETWORKS } from './compose-rendering.ts'
import { fingerprint } from './fingerprint.ts'
import { KAFKA_VERSION } from './images.ts'
import { type StartStep, startOrder } from './start-order.ts'

/**
 * The stack of a plan as a compose file: services in the order in which they start, every number under its reason. The same
 * rendering gives the same text on every machine.
 */
export function renderCompose(rendering: ComposeRendering): Artifact[] {
  const { spec, version, fileName, title } = rendering
  const steps = startOrder(spec)
  const defaults = {
    'x-service': shared('service', SERVICE_DEFAULTS),
    'x-pipeline': shared('pipeline', pipelineDefaults(rendering)),
    'x-worker-settings': shared('worker-settings', composeSettings(spec, 'worker')),
  }
  const services = Object.fromEntries(
    steps.map((step) => [step.name, composeService(rendering, step, defaults)]),
  )
  const yaml = writeYaml(
    {
      name: rendering.project,
      ...defaults,
      services,
      networks: {
        [NETWORKS.pipeline]: {},
        [NETWORKS.page]: because({}, 'the frontend reaches the backend and nothing else'),
      },
      volumes: {
        [KAFKA_VOLUME]: {
          labels: {
            ...labelsOf(rendering, { name: 'kafka', role: 'kafka' }),
            'radtune.kafka': KAFKA_VERSION,
          },
        },
      },
    },
    { sections: ['services'] },
  )
  const header = { profile: spec.profile, version, inputs: fingerprint(JSON.stringify(rendering)) }
  return [{ path: fileName, text: withHeader(header, `${titleComment(title)}\n\n${yaml}`) }]
}

/** What holds for every container. */
const SERVICE_DEFAULTS: YamlEntries = {
  init: because(true, 'a first process that passes signals on and buries what is left'),
  restart: 'unless-stopped',
  user: because(
    '1000:1000',
    'no root, no capability, no way to more, and nothing to write but volumes and tmpfs',
  ),
  cap_drop: ['ALL'],
  security_opt: ['no-new-privileges:true'],
  read_only: true,
  logging: because(
    { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } },
    'at most 30 MB of log for each container',
  ),
}

function composeService(rendering: ComposeRendering, step: StartStep, defaults: YamlEntries): YamlEntries {
  const { service } = step
  const entries =
    step.role === 'kafka' && service
      ? composeKafka(rendering, { service, graceMs: step.graceMs })
      : composePipeline(rendering, step)
  const spec = fingerprint(JSON.stringify([plainOf(defaults), plainOf(entries)]))
  return { ...entries, labels: { ...labelsOf(rendering, step), 'radtune.spec': spec } }
}

/** By what radtune finds again what it made. Those of a volume never change while its profile stays: compose would want to make it anew. */
function labelsOf(
  { spec }: ComposeRendering,
  { name, role }: Pick<StartStep, 'name' | 'role'>,
): Record<string, string> {
  return { 'radtune.profile': spec.profile, 'radtune.service': name, 'radtune.role': role }
}

function titleComment(title: string): string {
  return title.replaceAll(/^/gm, '# ').replaceAll(/ +$/gm, '')
}
