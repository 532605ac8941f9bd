export type {
  ChoiceSetting,
  InstantSetting,
  NumberSetting,
  SettingDefinition,
  SettingEffect,
  SettingReader,
} from './definition.ts'
export { isSettingKey, nearest, type ParsedKey, parseSettingKey } from './key.ts'
export { printSettingRange, printSettingValue } from './print.ts'
export { parseSetting, readSettings, settingEnvironmentName } from './read.ts'
export { type SettingKey, type SettingValues, settings } from './table.ts'
