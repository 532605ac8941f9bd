export { followSettings, type LiveSettings } from './follow-settings.ts'
export { followPlaybackRequests, type PlaybackRequests } from './playback-requests.ts'
export { createSettingWriter, type SettingWriter, type WriteOutcome } from './write-setting.ts'
