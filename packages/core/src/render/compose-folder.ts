import { ENVIRONMENT } from '../contract/index.ts'
import type { StackSpec } from '../stack/index.ts'
import { type Artifact, withHeader } from './artifact.ts'
import { renderCompose } from './compose.ts'
import { type ComposeRendering, inspectorPorts, numberedPorts, PORT_VARIABLES } from './compose-rendering.ts'
import { DEFAULT_PORTS, PIPELINE_IMAGE } from './defaults.ts'
import { fingerprint } from './fingerprint.ts'

export type ComposeEnvironment = 'dev' | 'prod'

/** What the generated files of a profile are made of. */
export interface ComposeFolder {
  spec: StackSpec
  /** Of radtune. */
  version: string
  /** From a file of the folder to radtune's own folder; absent where there are no sources to build from. */
  sources: string | undefined
  environments: readonly ComposeEnvironment[]
}

/** The files of a profile that are committed: development, production, and the variables that both take. */
export function renderComposeFolder(folder: ComposeFolder): Artifact[] {
  return [
    ...folder.environments.flatMap((environment) => renderCompose(composeRendering(folder, environment))),
    renderEnvironmentExample(folder),
  ]
}

function composeRendering(
  { spec, version, sources }: ComposeFolder,
  environment: ComposeEnvironment,
): ComposeRendering {
  const { kafka, backend, frontend, stats } = DEFAULT_PORTS
  const development = environment === 'dev' && sources !== undefined
  const fileName = environment === 'dev' ? 'compose.yaml' : 'compose.prod.yaml'
  return {
    spec,
    version,
    fileName,
    title: titleOf({ profile: spec.profile, fileName, development }),
    project: `radtune-${spec.profile.toLowerCase().replace(/[^a-z0-9_-]+/g, '-')}`,
    image: `${PIPELINE_IMAGE}:${version}`,
    sources,
    inspector: development ? inspectorPorts(spec) : undefined,
    data: { kind: 'generator', seed: 1 },
    ports: { kafka, backend, frontend, stats: numberedPorts(spec, stats) },
    portsFromEnvironment: true,
  }
}

function titleOf({
  profile,
  fileName,
  development,
}: {
  profile: string
  fileName: string
  development: boolean
}): string {
  const compose = `docker compose -f ${fileName}`
  return [
    development
      ? `Development stack of profile ${profile}: it runs from the sources, and Node's inspector is on loopback.`
      : `Stack of profile ${profile}.`,
    'Written by radtune generate, every number under its reason. Change the profile or radtune.yaml, not',
    'this file; radtune generate --check says whether it still is what would be written.',
    '',
    `  ${compose} up --build --wait`,
    ...(development ? [`  ${compose} restart worker-1    # after a change of the sources`] : []),
    `  ${compose} down                # with -v: and drop the data`,
    '',
    'Ports and the addresses of the page come from .env beside it; see .env.example.',
  ].join('\n')
}

function renderEnvironmentExample({ spec, version, ...rest }: ComposeFolder): Artifact {
  const body = `# Variables that the compose files beside this one take. Copy it to .env and change what you need; all may be
# absent.

# Ports on 127.0.0.1: of Kafka for programs on this machine, of the API with /health and /ws, of the page.
${PORT_VARIABLES.kafka}=${DEFAULT_PORTS.kafka}
${PORT_VARIABLES.backend}=${DEFAULT_PORTS.backend}
${PORT_VARIABLES.frontend}=${DEFAULT_PORTS.frontend}

# Address of this machine on which page and API are published; 0.0.0.0 is all. Who is to reach them under another name
# than localhost needs that name in RADTUNE_ALLOWED_HOSTS (comma-separated), and to change settings the token: at least
# 16 characters, e.g. of openssl rand -hex 24. Without a token nobody can change settings from elsewhere.
${ENVIRONMENT.publishedHost}=127.0.0.1
${ENVIRONMENT.allowedHosts}=
${ENVIRONMENT.token}=

# Where the page finds API and WebSocket. Empty: where it comes from itself, which needs no other port to be open.
VITE_API_URL=
VITE_WS_URL=

# Token for map tiles. Every browser is told it, so give it no more rights than that.
VITE_MAPBOX_TOKEN=
`
  const inputs = fingerprint(JSON.stringify([spec.profile, version, rest.sources ?? null]))
  return { path: '.env.example', text: withHeader({ profile: spec.profile, version, inputs }, body) }
}
