import { formatBytes, formatCpus, formatDuration, formatGibibytes } from '../units/index.ts'
import { sumCpus } from './amounts.ts'
import { maxCpuOvercommit } from './service-rules.ts'
import type { Deviation, StackSpec } from './stack-spec.ts'

/** Lists what the reference configuration (4 vCPU, 8 GB) documents and this plan does otherwise, each with its reason. */
export function planDeviations({
  services,
  settings,
}: Pick<StackSpec, 'services' | 'settings'>): Deviation[] {
  return [
    ...engineDeviations({ services, settings }),
    ...sumDeviations(services),
    ...kafkaDeviations({ services, settings }),
  ]
}

function engineDeviations({ services, settings }: Pick<StackSpec, 'services' | 'settings'>): Deviation[] {
  const workers = services.filter(({ role }) => role === 'worker').map(({ name }) => name)
  const slots = settings['pipeline.parallelism'].value
  return [
    {
      documented:
        'Flink JobManager (1.5GB, 1.0 CPU), TaskManager-1 and TaskManager-2 (2.0GB, 1.5 CPU, 3 slots each)',
      instead: `no JobManager; ${workers.join(', ')} with ${slots} slots in all`,
      reason:
        'the worker engine needs no coordinator: Kafka assigns the partitions and keeps the committed offsets',
    },
    {
      documented:
        'JobManager process 1536m, heap 1024m, metaspace 256m; TaskManager process 2048m, task heap 1536m, managed 256m',
      instead: 'one heap for each worker, shared out among its slots',
      reason:
        'Flink refuses both sets: the first leaves 128m of overhead where 192m is the least, the second needs 2.47 GiB; the worker engine has none of these pools',
    },
    {
      documented: 'source parallelism 2, processing 6, sink 3',
      instead: `all ${slots} slots read, process and write`,
      reason:
        '2 divides 6 partitions, so it is balanced, but two readers cap the rate; a slot carries a record from fetch to acknowledgement',
    },
  ]
}

function sumDeviations(services: StackSpec['services']): Deviation[] {
  const cpus = sumCpus(services.map((service) => service.cpus))
  const memory = services.reduce((sum, service) => sum + service.memoryBytes, 0)
  return [
    {
      documented: 'CPU limits of about 4.2 in total',
      instead: `true sums: ${formatCpus(cpus)} here; limits up to ${maxCpuOvercommit} × the machine, reservations never more than it`,
      reason: 'the documented column adds up to 5.2; 4.2 is the sum without the JobManager',
    },
    {
      documented: 'about 7.6GB of 8 GB limited',
      instead: `limits of ${formatGibibytes(memory)}, within the smaller of 85 % of the memory and all but 1 GiB`,
      reason: 'a machine sold as 8 GB shows 7.6 to 7.8 GiB, and its system needs 0.4 to 0.7 of them',
    },
  ]
}

function kafkaDeviations({ services, settings }: Pick<StackSpec, 'services' | 'settings'>): Deviation[] {
  const kafka = services.find(({ role }) => role === 'kafka')
  const fetchMin = settings['consumer.fetchMinBytes']
  return [
    {
      documented: 'Kafka 1.0GB, its heap left at the default of 1 GB',
      instead: `a heap of ${formatBytes(kafka?.heapBytes ?? 0)} in ${formatGibibytes(kafka?.memoryBytes ?? 0)}`,
      reason:
        'a heap as large as the limit is killed for memory under load; what the heap leaves is page cache',
    },
    {
      documented: 'Kafka 0.5 CPU',
      instead: `${formatCpus(kafka?.cpus ?? 0)} CPU, with its throttling measured and shown`,
      reason:
        'at half a CPU the broker stands still for up to tens of milliseconds in each 100 ms under load; the budget has no more to give until a measurement says who can spare it',
    },
    {
      documented: 'retention 24 h, segments 1 GB',
      instead: `retention ${formatDuration(settings['topics.retention'].value)}, segments closed after ${formatDuration(settings['topics.segmentTime'].value)} or ${formatBytes(settings['topics.segmentBytes'].value)}, at most ${formatBytes(settings['topics.retentionBytes'].value)} of closed segments a partition`,
      reason:
        'retention deletes whole closed segments: at a low rate data would stay up to 8 days, at a high rate they would fill the disk first',
    },
    ...(fetchMin.value === 1024
      ? []
      : [
          {
            documented: 'fetch.min.bytes 1024 with fetch.max.wait.ms 500, and less than 100 ms end to end',
            instead: `fetch.min.bytes ${fetchMin.value}`,
            reason:
              'at a low rate a fetch waits up to 500 ms for 1024 bytes; they are asked for only when the slowest rate fills them in time',
          },
        ]),
    {
      documented: 'health checks that always pass, settings that nothing reads',
      instead:
        'every service answers /health from what it does, and every setting of the plan reaches a service or a topic',
      reason: 'a check that cannot fail hides a stopped pipeline',
    },
  ]
}
