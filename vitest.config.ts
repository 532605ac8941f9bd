import { defineConfig } from 'vitest/config'

const sourceConditions = ['radtune-source', 'node', 'import', 'default']

export default defineConfig({
  resolve: { conditions: sourceConditions },
  ssr: { resolve: { conditions: sourceConditions } },
  test: {
    include: ['packages/*/src/**/*.test.{ts,tsx}', 'packages/*/test/**/*.test.{ts,tsx}', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    disableConsoleIntercept: true,
    testTimeout: 20_000,
  },
})
