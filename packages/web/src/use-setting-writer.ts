import { useCallback, useState } from 'react'
import type { PageConfig, Writes } from './page-config.ts'
import { type SettingWish, type WriteAnswer, writeSetting } from './write-setting.ts'

/** How settings are changed from the page. */
export interface SettingWriter {
  /** `token`: one is asked for, and none is known that the backend did not refuse. */
  access: Writes
  write(wish: SettingWish): Promise<WriteAnswer>
  giveToken(token: string): void
}

/** The token lives as long as the tab. */
const STORED = 'radtune.token'

export function useSettingWriter({ apiUrl, writes }: Pick<PageConfig, 'apiUrl' | 'writes'>): SettingWriter {
  const [token, setToken] = useState(() => (writes === 'token' ? sessionStorage.getItem(STORED) : null))
  const write = useCallback(
    async (wish: SettingWish) => {
      const answer = await writeSetting(wish, { apiUrl, token })
      if (answer.ok || !answer.unauthorised) return answer
      sessionStorage.removeItem(STORED)
      setToken(null)
      return answer
    },
    [apiUrl, token],
  )
  return {
    access: writes === 'token' && token !== null ? 'open' : writes,
    write,
    giveToken(given) {
      sessionStorage.setItem(STORED, given)
      setToken(given)
    },
  }
}
