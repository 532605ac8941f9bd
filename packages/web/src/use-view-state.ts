import { useCallback, useEffect, useState } from 'react'
import { formatViewState, parseViewState, type ViewState } from './view-state.ts'

/** The part of the page that its address tells; changing it changes the address, without a new entry in the history. */
export function useViewState(): [ViewState, (change: Partial<ViewState>) => void] {
  const [view, setView] = useState(() => parseViewState(location.search))
  const change = useCallback((part: Partial<ViewState>) => setView((old) => ({ ...old, ...part })), [])
  useEffect(() => {
    const query = formatViewState(view)
    if (query !== location.search)
      history.replaceState(null, '', `${location.pathname}${query}${location.hash}`)
  }, [view])
  return [view, change]
}
