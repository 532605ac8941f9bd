import type { ComposeService } from '../compose-file/index.ts'
import { formatBytes, MIB } from '../units/index.ts'
import type { ForeignFinding } from './findings.ts'
import { flinkMemoryOf, flinkProperties, foreignHeap } from './heap-settings.ts'
import type { ForeignRole } from './recognise-role.ts'

/** Findings about memory of one service: Flink that will not start, heaps that do not fit, limits that are missing. */
export function findMemory(service: ComposeService, role: ForeignRole): ForeignFinding[] {
  return [...findFlink(service, role), ...findHeap(service, role), ...findLimits(service, role)]
}

function findFlink(service: ComposeService, role: ForeignRole): ForeignFinding[] {
  if (role !== 'jobmanager' && role !== 'taskmanager') return []
  const { at, value: properties } = flinkProperties(service)
  const memory = flinkMemoryOf(service, role)
  if (!memory.ok) {
    const heap = role === 'jobmanager' ? 'heap.size' : 'task.heap.size'
    return [
      {
        id: 'flink-memory-refused',
        severity: 'problem',
        service: service.name,
        at,
        what: `Flink refuses to start ${service.name}`,
        why: memory.problem,
        fix: `delete ${role}.memory.${heap} and let Flink derive it from ${role}.memory.process.size`,
      },
    ]
  }
  const limit = service.limits.memoryBytes
  if (limit === undefined || memory.processBytes <= limit.value) return []
  const isDefault = !properties.has(`${role}.memory.process.size`)
  return [
    {
      id: 'flink-process-over-limit',
      severity: 'problem',
      service: service.name,
      at: limit.at,
      what: `${service.name} takes up to ${formatBytes(memory.processBytes)} in a limit of ${formatBytes(limit.value)}`,
      why: isDefault
        ? "no process size is set, so that of the image's config file holds"
        : 'the container is killed when the process grows to its size',
      fix: `${role}.memory.process.size: ${Math.floor(limit.value / MIB)}m`,
    },
  ]
}

/** What a JVM or Node takes beside its heap, at the least. */
const LEAST_OUTSIDE_BYTES = 96 * MIB

function findHeap(service: ComposeService, role: ForeignRole): ForeignFinding[] {
  const heap = foreignHeap(service, role)
  const limit = service.limits.memoryBytes
  if (heap === undefined || limit === undefined || heap.how === 'derived') return []
  const { name } = service
  const figures = `${formatBytes(heap.bytes)} of heap (${heap.by}) in a limit of ${formatBytes(limit.value)}`
  const half = `${Math.floor(limit.value / 2 / MIB)}m`
  const fix =
    role === 'broker'
      ? `KAFKA_HEAP_OPTS: -Xms${half} -Xmx${half}`
      : 'a heap of half to three quarters of the limit'
  if (heap.bytes >= limit.value)
    return [
      {
        id: heap.how === 'default' ? 'default-heap-over-limit' : 'heap-over-limit',
        severity: 'problem',
        service: name,
        at: heap.how === 'default' ? limit.at : heap.at,
        what: `${name} is killed for memory before its heap is full: ${figures}`,
        why: 'the heap alone is as large as the limit, and threads, buffers and code come on top of it',
        fix,
      },
    ]
  if (limit.value - heap.bytes < LEAST_OUTSIDE_BYTES)
    return [
      {
        id: 'heap-near-limit',
        severity: 'warning',
        service: name,
        at: heap.at,
        what: `${name} leaves ${formatBytes(limit.value - heap.bytes)} outside of its heap: ${figures}`,
        why: `a process takes at least ${formatBytes(LEAST_OUTSIDE_BYTES)} beside its heap`,
        fix,
      },
    ]
  return heap.how === 'default' && role !== 'broker'
    ? [
        {
          id: 'default-heap',
          severity: 'warning',
          service: name,
          at: limit.at,
          what: `${name} uses a quarter of its limit: ${figures}`,
          why: 'Java takes a quarter of the container where nothing is said; the rest of the limit is left idle',
          fix: 'JAVA_TOOL_OPTIONS: -XX:MaxRAMPercentage=70',
        },
      ]
    : []
}

function findLimits(service: ComposeService, role: ForeignRole): ForeignFinding[] {
  const { name, at, limits, memorySwapBytes } = service
  const findings: ForeignFinding[] = []
  if (limits.memoryBytes === undefined)
    findings.push({
      id: 'memory-limit-missing',
      severity: role === 'other' ? 'note' : 'warning',
      service: name,
      at,
      what: `${name} has no memory limit`,
      why: 'it may take what the others count on, and the kernel then kills whom it likes',
      fix: 'deploy.resources.limits.memory',
    })
  else if (memorySwapBytes === undefined || memorySwapBytes.value > limits.memoryBytes.value)
    findings.push({
      id: 'swap-allowed',
      severity: 'note',
      service: name,
      at: limits.memoryBytes.at,
      what: `${name} may swap as much again as its limit`,
      why: 'without memswap_limit the engine allows twice the memory where the machine has swap',
      fix: 'memswap_limit: the same as the memory limit',
    })
  if (limits.cpus === undefined && role !== 'other')
    findings.push({
      id: 'cpu-limit-missing',
      severity: 'note',
      service: name,
      at,
      what: `${name} has no CPU limit`,
      why: 'it may take all CPUs, and no ledger of them adds up',
      fix: 'deploy.resources.limits.cpus',
    })
  return findings
}
