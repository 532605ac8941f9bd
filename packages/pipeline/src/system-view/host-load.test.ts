import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createHostMeter } from './host-load.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'radtune-host-'))
  mkdirSync(join(root, 'proc'))
})
afterEach(() => rmSync(root, { recursive: true }))

function tell(times: string): void {
  writeFileSync(join(root, 'proc/stat'), `cpu  ${times}\ncpu0 1 1 1 1\ncpu1 1 1 1 1\nintr 5\n`)
}

test('the share of time since the reading before in which CPUs were busy', () => {
  const meter = createHostMeter({ root })
  tell('100 0 100 800 0 0 0 0 50 0')
  expect(meter(1)).toMatchObject({ known: false })
  // 40 busy, 50 idle, 10 waiting for a disk.
  tell('120 0 120 850 10 0 0 0 90 0')
  expect(meter(2)).toMatchObject({ known: true, at: 2, value: { cpus: 2, cpuShare: 0.4 } })
})

test('a system that tells nothing, or the same again, is unknown', () => {
  const meter = createHostMeter({ root })
  expect(meter(1)).toMatchObject({ known: false })
  tell('100 0 100 800')
  meter(2)
  expect(meter(3)).toMatchObject({ known: false })
})
