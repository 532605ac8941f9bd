export type {
  ChoiceSetting,
  InstantSetting,
  NumberSetting,
  SettingDefinition,
  SettingEffect,
  SettingReader,
} from './definition.ts'
export { parseSetting, readSettings, settingEnvironmentName } from './read.ts'
export { type SettingKey, type SettingValues, settings } from './table.ts'
