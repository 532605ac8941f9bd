import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

/** Lets much of what it allocates live for a while, and gives way now and then, as a command that watches does. */
const ALLOCATE = `
const { getHeapSpaceStatistics } = await import('node:v8')
const kept = []
for (let round = 0; round < 100; round += 1) {
  for (let index = 0; index < 20_000; index += 1) kept[index] = { index, list: [index] }
  await new Promise((resolve) => setTimeout(resolve, 1))
}
console.log(getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size)
`

async function youngBytes(program: string): Promise<number> {
  const args = ['--no-warnings', '--input-type=module', '--eval', program]
  return Number((await promisify(execFile)(process.execPath, args)).stdout)
}

it('keeps the young generation of a process small', async () => {
  const file = join(import.meta.dirname, 'bound-heap.ts')
  const bound = `(await import(${JSON.stringify(file)})).boundHeap()\n`
  expect(await youngBytes(ALLOCATE)).toBeGreaterThan(24 * 1024 * 1024)
  expect(await youngBytes(bound + ALLOCATE)).toBeLessThanOrEqual(16 * 1024 * 1024)
})
