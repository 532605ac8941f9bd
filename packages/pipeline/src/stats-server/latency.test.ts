import { LATENCY_BOUNDS_MS } from '@radtune/core/contract'
import { expect, it } from 'vitest'
import { LatencyMeter, latencyHistogramText } from './latency.ts'

it('summarises the interval and begins a new one, while the buckets go on', () => {
  const meter = new LatencyMeter()
  for (const ms of [1, 2, 3, 4, 100]) meter.record(ms)
  const first = meter.take()
  expect(first.count).toBe(5)
  expect(first.p50Ms).toBeCloseTo(3, 1)
  expect(first.maxMs).toBeCloseTo(100, 0)
  expect(meter.take()).toEqual({ count: 0, p50Ms: null, p95Ms: null, p99Ms: null, p999Ms: null, maxMs: null })
  expect(meter.buckets()).toMatchObject({ count: 5, sumMs: 110 })
})

it('takes a clock that stepped back for no time at all', () => {
  const meter = new LatencyMeter()
  meter.record(-5000)
  expect(meter.buckets().sumMs).toBe(0)
  expect(meter.take().maxMs).toBeCloseTo(0, 1)
})

it('writes cumulative buckets, with everything in +Inf', () => {
  const meter = new LatencyMeter()
  const longest = LATENCY_BOUNDS_MS.at(-1) ?? 0
  for (const ms of [1, 1, longest, longest + 1]) meter.record(ms)
  const text = latencyHistogramText({ name: 'x_ms', help: 'X' }, [
    { labels: { slot: '0' }, buckets: meter.buckets() },
  ])
  expect(text).toContain('# TYPE x_ms histogram\n')
  expect(text).toContain('x_ms_bucket{slot="0",le="1"} 2\n')
  expect(text).toContain(`x_ms_bucket{slot="0",le="${longest}"} 3\n`)
  expect(text).toContain('x_ms_bucket{slot="0",le="+Inf"} 4\n')
  expect(text).toContain('x_ms_count{slot="0"} 4\n')
})
