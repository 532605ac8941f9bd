import type { ComposeService, Located, Place } from '../compose-file/index.ts'
import { type FlinkMemory, type FlinkProcess, flinkMemory, readFlinkProperties } from '../flink/index.ts'
import { GIB, MIB, parseBytes } from '../units/index.ts'
import type { ForeignRole } from './recognise-role.ts'

/** The heap of a service, as far as its file tells. */
export interface ForeignHeap {
  bytes: number
  /** `set` by a flag, `derived` by Flink, `default` of the program in a container of this limit. */
  how: 'set' | 'derived' | 'default'
  /** The flag, or the words for where it comes from. */
  by: string
  at: Place
}

const heapVariables = [
  'KAFKA_HEAP_OPTS',
  'JAVA_TOOL_OPTIONS',
  '_JAVA_OPTIONS',
  'JDK_JAVA_OPTIONS',
  'JAVA_OPTS',
  'NODE_OPTIONS',
]

/** Finds the heap of a service: flags in its environment or command, Flink's arithmetic, or what the program takes by default. */
export function foreignHeap(service: ComposeService, role: ForeignRole): ForeignHeap | undefined {
  return flagHeap(service) ?? flinkHeap(service, role) ?? defaultHeap(service, role)
}

function flagHeap({ environment, command, entrypoint }: ComposeService): ForeignHeap | undefined {
  const texts: Located<string>[] = [
    ...[entrypoint, command].flatMap((words) => words?.value.map((value) => ({ value, at: words.at })) ?? []),
    ...heapVariables.flatMap((name) => {
      const found = environment.get(name)
      return found?.value ? [{ value: found.value, at: found.at }] : []
    }),
  ]
  for (const { value, at } of texts) {
    const java = /-Xmx(\d+[kmgt]?)\b/i.exec(value)
    const node = /--max[-_]old[-_]space[-_]size[= ](\d+)/.exec(value)
    const bytes = java?.[1] === undefined ? undefined : parseBytes(java[1])
    if (bytes?.ok) return { bytes: bytes.value, how: 'set', by: java?.[0] ?? '', at }
    if (node?.[1] !== undefined) return { bytes: Number(node[1]) * MIB, how: 'set', by: node[0], at }
  }
  return undefined
}

/** Flink's properties of a service: FLINK_PROPERTIES, and `-D` on its command line. */
export function flinkProperties(service: ComposeService): Located<Map<string, string>> {
  const variable = service.environment.get('FLINK_PROPERTIES')
  const properties = readFlinkProperties(variable?.value ?? '')
  for (const word of service.command?.value ?? []) {
    const [, key, value] = /^-D\s*([\w.-]+)=(.*)$/.exec(word) ?? []
    if (key !== undefined && value !== undefined) properties.set(key, value)
  }
  return { value: properties, at: variable?.at ?? service.command?.at ?? service.at }
}

/** Process sizes in the config file of Flink's image, which hold where nothing else is set. */
export const imageProcessSize: Readonly<Record<FlinkProcess, string>> = {
  jobmanager: '1600m',
  taskmanager: '1728m',
}

/** What Flink makes of the properties of a service. */
export function flinkMemoryOf(service: ComposeService, process: FlinkProcess): FlinkMemory {
  const settings = new Map(flinkProperties(service).value)
  const sized = [...settings.keys()].some((key) => /memory\.(process|flink|heap|task\.heap)\.size$/.test(key))
  if (!sized) settings.set(`${process}.memory.process.size`, imageProcessSize[process])
  return flinkMemory(process, settings)
}

function flinkHeap(service: ComposeService, role: ForeignRole): ForeignHeap | undefined {
  if (role !== 'jobmanager' && role !== 'taskmanager') return undefined
  const memory = flinkMemoryOf(service, role)
  return memory.ok
    ? {
        bytes: memory.heapBytes,
        how: 'derived',
        by: "Flink's memory settings",
        at: flinkProperties(service).at,
      }
    : undefined
}

function defaultHeap(service: ComposeService, role: ForeignRole): ForeignHeap | undefined {
  const image = service.image?.value ?? ''
  if (role === 'broker' && !/redpanda/.test(image))
    return { bytes: GIB, how: 'default', by: "Kafka's start script: -Xmx1G", at: service.at }
  const limit = service.limits.memoryBytes
  if (/temurin|openjdk|corretto|java/.test(image) && limit !== undefined)
    return {
      bytes: Math.floor(limit.value / 4),
      how: 'default',
      by: 'Java: a quarter of the limit',
      at: limit.at,
    }
  return undefined
}
