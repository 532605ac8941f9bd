/** What became of a wish to change a setting. */
export type WriteAnswer =
  | { ok: true }
  /** `unauthorised`: without the right token; `problem` is a sentence for people. */
  | { ok: false; unauthorised: boolean; problem: string }

export interface SettingWish {
  key: string
  value: number | string
}

const SPEED_KEY = 'provider.playbackSpeed'
const PATIENCE_MS = 10_000

/** Asks the backend to write a live setting. Never rejects: what went wrong is in the answer. */
export async function writeSetting(
  wish: SettingWish,
  { apiUrl, token }: { apiUrl: string; token: string | null },
): Promise<WriteAnswer> {
  const { method, path, body } = requestOf(wish)
  const headers = {
    'content-type': 'application/json',
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
  }
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS)
    const response = await fetch(`${apiUrl}${path}`, { method, headers, body: JSON.stringify(body), signal })
    if (response.ok) return { ok: true }
    const problem = describeRefusal(response.status, await readError(response))
    return { ok: false, unauthorised: response.status === 401, problem }
  } catch {
    return { ok: false, unauthorised: false, problem: 'Not changed: the backend does not answer.' }
  }
}

/** A refusal in words. */
export function describeRefusal(status: number, error: string | null): string {
  const because = error?.replace(/\.$/, '')
  switch (status) {
    case 401:
      return 'Not changed: the token is missing or wrong.'
    case 403:
      return `Not allowed${because ? `: ${because}` : ''}.`
    case 429:
      return `Not changed: ${because ?? 'too many changes at once; try again in a moment'}.`
    default:
      return `Not changed: ${because ?? `the backend answered ${status}`}.`
  }
}

function requestOf({ key, value }: SettingWish): { method: string; path: string; body: object } {
  if (key === SPEED_KEY)
    return { method: 'POST', path: '/api/playback_speed', body: { playback_speed: value } }
  return { method: 'PUT', path: `/api/settings/${key}`, body: { value } }
}

async function readError(response: Response): Promise<string | null> {
  try {
    const { error } = Object(await response.json())
    return typeof error === 'string' ? error : null
  } catch {
    return null
  }
}
