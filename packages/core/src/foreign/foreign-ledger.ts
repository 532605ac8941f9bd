import type { ComposeProject, ComposeService } from '../compose-file/index.ts'
import { sumCpus } from '../stack/index.ts'
import { type ForeignHeap, flinkProperties, foreignHeap } from './heap-settings.ts'
import { type ForeignRole, recogniseRole } from './recognise-role.ts'

/** One service of somebody else's file: what it may use, and what it was taken for. */
export interface ForeignRow {
  service: string
  role: ForeignRole
  recognisedBy: string
  replicas: number
  /** Of one replica; null where the file sets none. */
  memoryBytes: number | null
  cpus: number | null
  reservedMemoryBytes: number | null
  reservedCpus: number | null
  heap: Pick<ForeignHeap, 'bytes' | 'how' | 'by'> | null
  /** Task slots of one replica, where the file says. */
  slots: number | null
  ports: readonly string[]
  file: string
  line: number
}

/** What a compose file says, summed over all replicas. */
export interface ForeignLedger {
  rows: readonly ForeignRow[]
  totals: { memoryBytes: number; cpus: number; reservedMemoryBytes: number; reservedCpus: number }
  /** Services without that limit: the sums do not bound them. */
  unlimited: { memory: readonly string[]; cpus: readonly string[] }
}

/** Draws up the ledger of a compose file. Services of profiles that are not asked for are left out, as compose does. */
export function foreignLedger(project: ComposeProject): ForeignLedger {
  const rows = startedServices(project).map(rowOf)
  const sum = (field: 'memoryBytes' | 'reservedMemoryBytes') =>
    rows.reduce((total, row) => total + row.replicas * (row[field] ?? 0), 0)
  const cpus = (field: 'cpus' | 'reservedCpus') =>
    sumCpus(rows.map((row) => row.replicas * (row[field] ?? 0)))
  return {
    rows,
    totals: {
      memoryBytes: sum('memoryBytes'),
      cpus: cpus('cpus'),
      reservedMemoryBytes: sum('reservedMemoryBytes'),
      reservedCpus: cpus('reservedCpus'),
    },
    unlimited: {
      memory: rows.filter(({ memoryBytes }) => memoryBytes === null).map(({ service }) => service),
      cpus: rows.filter((row) => row.cpus === null).map(({ service }) => service),
    },
  }
}

/** The services that `up` without a profile starts. */
export function startedServices({ services }: ComposeProject): ComposeService[] {
  return services.filter(({ profiles, replicas }) => profiles.length === 0 && replicas > 0)
}

function rowOf(service: ComposeService): ForeignRow {
  const { role, by } = recogniseRole(service)
  const heap = foreignHeap(service, role)
  const { limits, reservations } = service
  return {
    service: service.name,
    role,
    recognisedBy: by,
    replicas: service.replicas,
    memoryBytes: limits.memoryBytes?.value ?? null,
    cpus: limits.cpus?.value ?? null,
    reservedMemoryBytes: reservations.memoryBytes?.value ?? null,
    reservedCpus: reservations.cpus?.value ?? null,
    heap: heap === undefined ? null : { bytes: heap.bytes, how: heap.how, by: heap.by },
    slots: role === 'taskmanager' ? slotsOf(service) : null,
    ports: service.ports.map(({ value }) => `${value.published ?? '?'}:${value.target}`),
    file: service.at.file,
    line: service.at.line,
  }
}

function slotsOf(service: ComposeService): number {
  const own = service.environment.get('TASK_MANAGER_NUMBER_OF_TASK_SLOTS')?.value
  const slots = Number(flinkProperties(service).value.get('taskmanager.numberOfTaskSlots') ?? own ?? 1)
  return Number.isInteger(slots) && slots > 0 ? slots : 1
}
