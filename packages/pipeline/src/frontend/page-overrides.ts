/** What the page is told at run time; an address that is not given is the page's own origin. */
export interface PageOverrides {
  apiUrl?: string | undefined
  wsUrl?: string | undefined
  mapboxToken?: string | undefined
}

/** Reads them from the variables that pages of this kind are configured by; an empty one counts as absent, as compose passes it on. */
export function readPageOverrides(environment: Readonly<Record<string, string | undefined>>): PageOverrides {
  return {
    apiUrl: environment.VITE_API_URL || undefined,
    wsUrl: environment.VITE_WS_URL || undefined,
    mapboxToken: environment.VITE_MAPBOX_TOKEN || undefined,
  }
}
