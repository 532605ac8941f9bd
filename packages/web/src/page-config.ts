/** Where the page finds what it shows. */
export interface PageConfig {
  wsUrl: string
  /** Comes before `/api/…`; empty for the page's own origin. */
  apiUrl: string
  /** With it the map lies on tiles of Mapbox; without it, on its own. */
  mapboxToken: string | null
  /** Whether settings may be changed from the page, and whether a token is asked for. */
  writes: Writes
}

const WRITES = ['open', 'token', 'closed'] as const
export type Writes = (typeof WRITES)[number]

/** What the frontend was told at its start; the page's own origin for all that it was not. */
export async function readPageConfig(): Promise<PageConfig> {
  const own = new URL('/ws', location.href)
  own.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
  let told: Record<string, unknown> = {}
  try {
    told = Object(await (await fetch('/config.json')).json())
  } catch {
    // Without the frontend there is only the own origin to ask.
  }
  return {
    wsUrl: typeof told.wsUrl === 'string' ? told.wsUrl : own.href,
    apiUrl: typeof told.apiUrl === 'string' ? told.apiUrl.replace(/\/+$/, '') : '',
    mapboxToken: typeof told.mapboxToken === 'string' ? told.mapboxToken : null,
    writes: WRITES.find((kind) => kind === told.writes) ?? 'closed',
  }
}
