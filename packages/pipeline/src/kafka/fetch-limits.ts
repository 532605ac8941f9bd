import { createRequire } from 'node:module'

/** What bounds one fetch. */
export interface FetchLimits {
  fetchMinBytes: number
  fetchMaxWaitMs: number
  maxPartitionFetchBytes: number
}

/** A fetch holds at most so many partitions' worth. Compressed; decoded objects take several times as much. */
export const PARTITIONS_PER_FETCH = 2

interface ConsumerGroup {
  cluster: object
  minBytes: number
  maxWaitTime: number
  maxBytesPerPartition: number
  maxBytes: number
}

const limitsOf = new WeakMap<object, FetchLimits>()
let patched = false

/**
 * Changes the limits of a kafkajs consumer that runs, from its next fetch on. kafkajs takes them once, when it is made, but
 * reads them anew for each fetch; the consumer is told by its cluster. Without this a change would cost a rebalance.
 */
export function limitFetches(cluster: object, limits: FetchLimits): void {
  patchConsumerGroup()
  limitsOf.set(cluster, limits)
}

function patchConsumerGroup(): void {
  if (patched) return
  patched = true
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/consumer/consumerGroup')
  const { fetch } = prototype
  prototype.fetch = function fetchWithinLimits(this: ConsumerGroup, nodeId: string) {
    const limits = limitsOf.get(this.cluster)
    if (limits) {
      this.minBytes = limits.fetchMinBytes
      this.maxWaitTime = limits.fetchMaxWaitMs
      this.maxBytesPerPartition = limits.maxPartitionFetchBytes
      this.maxBytes = limits.maxPartitionFetchBytes * PARTITIONS_PER_FETCH
    }
    return fetch.call(this, nodeId)
  }
}
