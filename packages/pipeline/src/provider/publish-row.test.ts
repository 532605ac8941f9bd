import { describe, expect, it } from 'vitest'
import { murmur2, partitionOfKey } from './partition-of-key.ts'
import { placeRow, publishRow } from './publish-row.ts'

// Known answers of Kafka's own test of its Java client.
it.each([
  ['21', -973_932_308],
  ['foobar', -790_332_482],
  ['a-little-bit-long-string', -985_981_536],
  ['a-little-bit-longer-string', -1_486_304_829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58_897_971],
  ['abc', 479_470_107],
])('murmur2 of %s is that of the Java client', (text, hash) => {
  expect(murmur2(Buffer.from(text))).toBe(hash)
})

it('a partition is never negative', () => {
  for (let at = 0; at < 1000; at += 1) {
    const partition = partitionOfKey(Buffer.from(`key-${at}`), 6)
    expect(partition).toBeGreaterThanOrEqual(0)
    expect(partition).toBeLessThan(6)
  }
})

describe('placeRow', () => {
  it.each([
    ['34.132', '-118.842', '34.13200,-118.84200'],
    [' 34.1320000 ', -118.842, '34.13200,-118.84200'],
    ['-0.000001', '0', '0.00000,0.00000'],
    ['-0.00001', '1e-05', '-0.00001,0.00001'],
    ['37.4949949', '140.999995', '37.49499,141.00000'],
    ['91', '500', '91.00000,500.00000'],
  ])('%s, %s has the key %s', (latitude, longitude, key) => {
    const place = placeRow({ row: 9, reading: { latitude, longitude } }, 6)
    expect(place.key?.toString()).toBe(key)
    expect(place.partition).toBe(partitionOfKey(Buffer.from(key), 6))
  })

  it.each([
    ['', '140'],
    ['x', '140'],
    ['37', undefined],
    ['37', 'Infinity'],
  ])('%s, %s has no key and goes by its row', (latitude, longitude) => {
    const reading = { latitude, ...(longitude !== undefined && { longitude }) }
    expect(placeRow({ row: 9, reading }, 6)).toEqual({ key: null, partition: 3 })
  })
})

it('a record carries the row as published, when it was sent, and which row it is', () => {
  const reading = { latitude: '37.4', longitude: '140.9', value: '', unit: ' cpm', captured_time: '"x"\n' }
  const { record } = publishRow(
    { row: 12, reading },
    { source: '0/1-a:b.csv', partitions: 6, sentAtMs: 1_700_000_000_123 },
  )
  expect(JSON.parse(record.value.toString())).toEqual(reading)
  expect(record.headers.map(([name, value]) => [name, value.toString()])).toEqual([
    ['sent-at', '1700000000123'],
    ['row', '0/1-a:b.csv:12'],
  ])
})
