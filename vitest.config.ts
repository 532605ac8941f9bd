import { defineConfig } from 'vitest/config'

// `import` and `default` are added by Vite where they apply; named here, Node would use them for `require` too.
const sourceConditions = ['radtune-source', 'node']
const resolve = { conditions: sourceConditions }
const ssr = { resolve }
const exclude = ['**/node_modules/**', '**/dist/**']
const onKafka = ['packages/pipeline/src/{kafka,live-settings,worker}/**/*.test.ts']
const wholeProgram = ['test/{e2e,engine}/**/*.test.ts']

/** Rooms by themselves, then what needs a broker, then the built program: the cheap and telling ones fail first. */
export default defineConfig({
  test: {
    disableConsoleIntercept: true,
    // Of two cores one would stand idle by default.
    maxWorkers: '100%',
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: 'rooms',
          include: ['packages/*/{src,test}/**/*.test.{ts,tsx}', 'test/*.test.ts'],
          exclude: [...exclude, ...onKafka],
          testTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'kafka',
          include: onKafka,
          exclude,
          globalSetup: 'test/broker.ts',
          fileParallelism: false,
          testTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'program',
          include: wholeProgram,
          exclude,
          fileParallelism: false,
          testTimeout: 180_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
