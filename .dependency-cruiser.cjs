/**
 * The borders between rooms (docs/architecture.md): who may import whom. Types count like values, except where a rule says
 * otherwise. Run by `npm run check`; test/room-borders.test.ts plants a violation of each and sees it found.
 */

/** Rooms of core by level: a room may import rooms of lower levels only. */
const coreLevels = [
  ['errors'],
  ['units'],
  ['settings'],
  ['contract', 'safecast', 'profile', 'flink', 'compose-file'],
  ['stack'],
  ['render', 'metrics', 'foreign'],
  ['drift'],
  ['rules'],
  ['advice'],
  ['bench'],
]

const test = '[.]test[.]tsx?$'
const kafkaClients = 'node_modules/(kafkajs|@platformatic/kafka)/'
const oneOf = (names) => `(${names.join('|')})`

const coreBorders = coreLevels.flatMap((rooms, level) =>
  rooms.map((room) => {
    const others = coreLevels
      .slice(level)
      .flat()
      .filter((other) => other !== room)
    return {
      name: `core-${room}-imports-to-the-left`,
      comment: `core/${room} may import only the rooms before it: units, settings, profile, stack, …`,
      severity: 'error',
      from: { path: `^packages/core/src/${room}/`, pathNot: test },
      to: { path: `^packages/core/src/${oneOf(others)}/` },
    }
  }),
)

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'resolvable',
      comment: 'an import that leads nowhere hides from every other rule',
      severity: 'error',
      from: { path: '^packages/' },
      to: { couldNotResolve: true },
    },
    {
      name: 'core-is-pure',
      comment: 'core takes values and gives values: no files, network, clock or process',
      severity: 'error',
      from: { path: '^packages/core/src/', pathNot: test },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'core-libraries',
      comment: 'core lives with zod, yaml and fastest-levenshtein',
      severity: 'error',
      from: { path: '^packages/core/src/', pathNot: test },
      to: { path: 'node_modules/', pathNot: 'node_modules/(zod|yaml|fastest-levenshtein)/' },
    },
    {
      name: 'core-knows-nobody',
      severity: 'error',
      from: { path: '^packages/core/' },
      to: { path: '^packages/(pipeline|web|cli)/' },
    },
    ...coreBorders,
    {
      name: 'pipeline-knows-core-only',
      comment: 'cli and pipeline meet over HTTP, WebSocket and Kafka, and share core/contract',
      severity: 'error',
      from: { path: '^packages/pipeline/' },
      to: { path: '^packages/(web|cli)/' },
    },
    {
      name: 'stages-are-pure',
      severity: 'error',
      from: { path: '^packages/pipeline/src/stages/', pathNot: test },
      to: { path: '^packages/pipeline/src/(?!stages/)' },
    },
    {
      name: 'worker-rooms',
      severity: 'error',
      from: { path: '^packages/pipeline/src/worker/', pathNot: test },
      to: { path: '^packages/pipeline/src/(provider|backend|frontend|bin)/' },
    },
    {
      name: 'provider-rooms',
      severity: 'error',
      from: { path: '^packages/pipeline/src/provider/', pathNot: test },
      to: { path: '^packages/pipeline/src/(stages|worker|backend|frontend|bin)/' },
    },
    {
      name: 'backend-rooms',
      severity: 'error',
      from: { path: '^packages/pipeline/src/backend/', pathNot: test },
      to: { path: '^packages/pipeline/src/(stages|worker|provider|frontend|bin)/' },
    },
    {
      name: 'frontend-rooms',
      severity: 'error',
      from: { path: '^packages/pipeline/src/frontend/', pathNot: test },
      to: { path: '^packages/pipeline/src/(stages|worker|provider|backend|bin)/' },
    },
    {
      name: 'live-settings-room',
      severity: 'error',
      from: { path: '^packages/pipeline/src/live-settings/', pathNot: test },
      to: { path: '^packages/pipeline/src/(?!live-settings/|kafka/)' },
    },
    {
      name: 'kafka-room-of-the-pipeline',
      comment: 'only pipeline/kafka imports a Kafka client',
      severity: 'error',
      from: { path: '^packages/pipeline/src/(?!kafka/)', pathNot: test },
      to: { path: kafkaClients },
    },
    {
      name: 'kafka-room-below',
      severity: 'error',
      from: { path: '^packages/pipeline/src/kafka/', pathNot: test },
      to: { path: '^packages/pipeline/src/(?!kafka/)' },
    },
    {
      name: 'web-knows-the-contract-only',
      severity: 'error',
      from: { path: '^packages/web/src/' },
      to: { path: '^packages/(core/src/(?!contract/)|pipeline|cli)' },
    },
    {
      name: 'cli-does-not-import-the-pipeline',
      comment: 'the cli starts the programs of the pipeline; it never loads them',
      severity: 'error',
      from: { path: '^packages/cli/src/' },
      to: { path: '^packages/(pipeline|web)/' },
    },
    {
      name: 'kafka-room-of-the-cli',
      comment: 'only cli/adapters/kafka imports a Kafka client',
      severity: 'error',
      from: { path: '^packages/cli/src/(?!adapters/kafka/)', pathNot: test },
      to: { path: kafkaClients },
    },
    {
      name: 'ports-are-interfaces',
      severity: 'error',
      from: { path: '^packages/cli/src/ports/', pathNot: test },
      to: { path: '^packages/cli/src/(?!ports/)' },
    },
    {
      name: 'services-see-ports-and-core',
      comment: 'services return values; they never print, draw, or build what they need',
      severity: 'error',
      from: { path: '^packages/cli/src/services/', pathNot: test },
      to: { path: '^packages/cli/src/(?!(services|ports)/)' },
    },
    {
      name: 'services-do-not-draw',
      severity: 'error',
      from: { path: '^packages/cli/src/services/', pathNot: test },
      to: { path: 'node_modules/(ink|chalk|react|@oclif)' },
    },
    {
      name: 'adapters-see-ports-and-core',
      severity: 'error',
      from: { path: '^packages/cli/src/adapters/', pathNot: test },
      to: { path: '^packages/cli/src/(?!(adapters|ports)/)' },
    },
    {
      name: 'output-is-pure',
      comment: 'output turns results into text: of services and ports it sees the types only',
      severity: 'error',
      from: { path: '^packages/cli/src/output/', pathNot: test },
      to: { path: '^packages/cli/src/(?!output/)', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'output-touches-nothing',
      severity: 'error',
      from: { path: '^packages/cli/src/output/', pathNot: test },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'screens-do-not-reach-adapters',
      severity: 'error',
      from: { path: '^packages/cli/src/(tui|commands)/', pathNot: test },
      to: { path: '^packages/cli/src/adapters/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['radtune-source', 'import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.json'],
    },
  },
}
