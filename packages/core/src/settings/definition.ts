/** Who reads a setting: the role of a service, the topics themselves, `radtune monitor` or `radtune advise`. */
export type SettingReader =
  | 'kafka'
  | 'worker'
  | 'backend'
  | 'provider'
  | 'frontend'
  | 'topics'
  | 'monitor'
  | 'advise'

/** What it costs to change a setting on a running stack. */
export type SettingEffect = 'live' | 'restart' | 'recreate' | 'irreversible'

interface Described {
  /** What it is, in one phrase. */
  title: string
  /** Why the default is what it is, or how the planner derives it. */
  why: string
  /** Where the rule or number comes from. */
  source: string
  readers: readonly SettingReader[]
  effect: SettingEffect
  /** Where the value ends up, in the words of the thing that reads it. */
  lands: string
}

/** A setting whose value is a number; `unit` says of what and how it is written and printed. */
export interface NumberSetting extends Described {
  unit: 'bytes' | 'ms' | 'cpus' | 'count' | 'perSecond' | 'ratio' | 'degrees' | 'cpm' | 'hours'
  min: number
  max: number
  /** Absent when only the planner can know it. */
  default?: number
  /** Whether only whole numbers make sense. */
  whole: boolean
}

/** A setting whose value is one of a few words. */
export interface ChoiceSetting extends Described {
  unit: 'choice'
  choices: readonly string[]
  default: string
}

/** A setting whose value is an instant, ISO 8601. */
export interface InstantSetting extends Described {
  unit: 'instant'
  default: string
}

export type SettingDefinition = NumberSetting | ChoiceSetting | InstantSetting
