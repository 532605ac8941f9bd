import type { ComposeService } from '../compose-file/index.ts'

/** What a service of somebody else seems to be; `other` is everything that radtune has no counterpart of. */
export type ForeignRole =
  | 'broker'
  | 'jobmanager'
  | 'taskmanager'
  | 'worker'
  | 'backend'
  | 'provider'
  | 'frontend'
  | 'other'

/** A role and what it was recognised by. */
export interface RecognisedRole {
  role: ForeignRole
  by: string
}

const byImage: readonly [RegExp, ForeignRole][] = [
  [/(^|\/)(kafka|cp-kafka|cp-server|redpanda)([:@]|$)/, 'broker'],
  [/(^|\/)(nginx|caddy|httpd)([:@]|$)/, 'frontend'],
]

const byName: readonly [RegExp, ForeignRole][] = [
  [/job-?_?manager/, 'jobmanager'],
  [/task-?_?manager/, 'taskmanager'],
  [/zoo-?keeper|schema-?registry|akhq|kafka-?ui|kafdrop|exporter|prometheus|grafana|topics?$|init/, 'other'],
  [/kafka|redpanda|broker/, 'broker'],
  [/front-?end|^web$|^ui$|dashboard|^page$/, 'frontend'],
  [/back-?end|^api$|^server$/, 'backend'],
  [/provider|producer|generator|ingest|source|simulator|replay/, 'provider'],
  [/worker|processor|consumer|stream|pipeline/, 'worker'],
]

/** Guesses the role of a service from its Flink command, its image, and its name, in this order. */
export function recogniseRole(service: ComposeService): RecognisedRole {
  const words = [...(service.entrypoint?.value ?? []), ...(service.command?.value ?? [])]
  const image = (service.image?.value ?? '').toLowerCase()
  if (/flink/.test(image) || service.environment.has('FLINK_PROPERTIES')) {
    const command = words.find((word) => /^(standalone-job|job-?manager|task-?manager)(\.sh)?$/.test(word))
    if (command !== undefined)
      return { role: /^task/.test(command) ? 'taskmanager' : 'jobmanager', by: `command ${command}` }
  }
  if (service.environment.has('KAFKA_PROCESS_ROLES') || service.environment.has('KAFKA_CFG_PROCESS_ROLES'))
    return { role: 'broker', by: 'KAFKA_PROCESS_ROLES' }
  const found = byImage.find(([pattern]) => pattern.test(image))
  if (found !== undefined) return { role: found[1], by: `image ${image}` }
  const named = byName.find(([pattern]) => pattern.test(service.name.toLowerCase()))
  return named === undefined ? { role: 'other', by: 'nothing known' } : { role: named[1], by: 'its name' }
}
