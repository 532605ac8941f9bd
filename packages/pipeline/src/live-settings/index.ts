export { followSettings, type LiveSettings } from './follow-settings.ts'
export { followPlaybackRequests, type PlaybackRequests } from './playback-requests.ts'
