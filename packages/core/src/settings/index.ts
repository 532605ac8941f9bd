export { type CheckedWrite, checkWrite } from './check-write.ts'
export type {
  ChoiceSetting,
  InstantSetting,
  NumberSetting,
  SettingDefinition,
  SettingEffect,
  SettingReader,
} from './definition.ts'
export { isSettingKey, nearest, type ParsedKey, parseSettingKey } from './key.ts'
export { contradictionOf, isLiveSetting, liveSettings, liveSettingsOf } from './live-settings.ts'
export { printSettingRange, printSettingValue, writeSettingValue } from './print.ts'
export { liveValuesOf, projectSettings, type SettingWrite, type TopicValues } from './project-settings.ts'
export { parseSetting, readSettings, settingEnvironmentName } from './read.ts'
export { readSettingRecord, settingRecordValue, type TopicRecord } from './setting-record.ts'
export { type RejectedSetting, SettingsView } from './settings-view.ts'
export { type SettingKey, type SettingValues, settings } from './table.ts'
