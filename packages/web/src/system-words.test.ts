import type { LiveService, LiveSystem } from '@radtune/core/contract'
import { describe, expect, test } from 'vitest'
import {
  adviceSentence,
  cpuText,
  delaySentence,
  healthSentence,
  lagText,
  memoryText,
  shareOf,
  systemSentence,
} from './system-words.ts'

const GIB = 1024 ** 3

function service(overrides: Partial<LiveService> = {}): LiveService {
  return {
    name: 'worker-1',
    role: 'worker',
    condition: 'healthy',
    reason: null,
    cpus: 0.255,
    cpuLimit: 1.5,
    memoryBytes: 0.2 * GIB,
    memoryLimitBytes: 2 * GIB,
    ...overrides,
  }
}

function system(overrides: Partial<LiveSystem> = {}): LiveSystem {
  return {
    type: 'system',
    at: 1000,
    playback: { speed: 0, ratePerSecond: 1000, paused: false, state: 'running', gaps: null },
    services: [service(), service({ name: 'backend', role: 'backend' })],
    flow: { published: 1000, processed: 1000, received: 900 },
    lag: 12,
    bottleneck: null,
    advice: null,
    ...overrides,
  }
}

const silent = service({ condition: 'silent', reason: 'nothing listens on 127.0.0.1:9100' })
const playback = system().playback

describe('the pipeline in a sentence', () => {
  test.each([
    ['well', system(), 'All 2 services healthy, 1,000 records/s, nothing held back.'],
    [
      'held back',
      system({ bottleneck: 'kafka throttled 40 %: workers wait for the broker' }),
      'All 2 services healthy, 1,000 records/s, but something is held back.',
    ],
    [
      'without a rate',
      system({ flow: { published: null, processed: null, received: null } }),
      'All 2 services healthy, rate not known, nothing held back.',
    ],
    [
      'with one that is silent',
      system({ services: [silent, service()] }),
      'worker-1 is silent: nothing listens on 127.0.0.1:9100.',
    ],
    [
      'with one of which nothing is known',
      system({ services: [service({ condition: 'unknown', reason: 'backend answers there' })] }),
      'worker-1 is not known: backend answers there.',
    ],
    [
      'with several',
      system({ services: [silent, service({ name: 'provider', condition: 'unhealthy' }), service()] }),
      '2 of 3 services not healthy: worker-1 silent, provider unhealthy.',
    ],
    [
      'paused',
      system({ playback: { ...playback, paused: true, state: 'paused' } }),
      'All 2 services healthy, the provider is paused.',
    ],
    [
      'at the end of its data',
      system({ playback: { ...playback, state: 'finished' } }),
      'All 2 services healthy, the replay is finished.',
    ],
    ['of which nothing is known', system({ services: [] }), 'No service is known.'],
  ])('%s', (_, told, sentence) => {
    expect(systemSentence(told)).toBe(sentence)
  })

  test('what is read aloud has no number that changes all the time', () => {
    expect(healthSentence(system())).toBe(
      healthSentence(system({ flow: { ...system().flow, processed: 7 } })),
    )
  })
})

describe('numbers, as the terminal writes them', () => {
  test.each([
    [{}, '17 % of 1.5', '10 % of 2 GiB'],
    [{ cpus: 0.0024, memoryBytes: 180e6, memoryLimitBytes: 322_121_728 }, '0.2 % of 1.5', '56 % of 307 MiB'],
    [{ cpus: 0, memoryBytes: 512, memoryLimitBytes: 1024 }, '0 % of 1.5', '50 % of 1 KiB'],
    [{ cpuLimit: null, memoryLimitBytes: null }, '0.26 CPU', '205 MiB'],
    [{ cpus: null, memoryBytes: null }, 'no value', 'no value'],
  ])('%j', (overrides, cpu, memory) => {
    expect([cpuText(service(overrides)), memoryText(service(overrides))]).toEqual([cpu, memory])
  })

  test('a bar is as long as its share, and there is none of what is not known', () => {
    expect(shareOf(1, 2)).toBe(0.5)
    expect(shareOf(3, 2)).toBe(1)
    expect([shareOf(null, 2), shareOf(1, null), shareOf(1, 0)]).toEqual([null, null, null])
  })

  test('lag, delay and advice', () => {
    expect([lagText(0), lagText(9876), lagText(12_345), lagText(null)]).toEqual([
      'lag 0',
      'lag 9,876',
      'lag 12k',
      'no value',
    ])
    expect(delaySentence({ p50Ms: 41, p99Ms: 96 }, 100)).toEqual({
      sentence: 'p50 41 ms, p99 96 ms, within 100 ms',
      isLate: false,
    })
    expect(delaySentence({ p50Ms: 41, p99Ms: 2400 }, 100)).toEqual({
      sentence: 'p50 41 ms, p99 2.4 s, over 100 ms',
      isLate: true,
    })
    expect(delaySentence({ p50Ms: null, p99Ms: null }, 100)).toEqual({
      sentence: 'p50 no value, p99 no value',
      isLate: false,
    })
    expect(delaySentence({ p50Ms: 41, p99Ms: 96 }, undefined).sentence).toBe('p50 41 ms, p99 96 ms')
    expect(adviceSentence(null)).toBe('The tuning rules have not been asked yet.')
    expect(adviceSentence({ findings: [], undecided: 0, why: null })).toBe('No finding.')
    expect(adviceSentence({ findings: ['a', 'b'], undecided: 1, why: 'c' })).toBe(
      '2 findings; 1 rule undecided.',
    )
  })
})
