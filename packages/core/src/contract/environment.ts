/**
 * Environment variables by which a runtime tells a service of the pipeline what it is, beside one variable per
 * setting (`settingEnvironmentName`). All values are text.
 */
export const ENVIRONMENT = {
  /** Every service: host:port list of the broker. */
  bootstrap: 'KAFKA_BOOTSTRAP_SERVERS',
  /** Every service: its name in the plan, e.g. `worker-1`. */
  service: 'RADTUNE_SERVICE',
  /** Every service but topics: host:port of its `/stats`, `/metrics`, `/health`. */
  statsAddress: 'RADTUNE_STATS_ADDRESS',
  /** Worker: consumer threads that this process starts with, and the V8 heap of each in bytes (of the first, when it starts with none). */
  slots: 'RADTUNE_SLOTS',
  slotHeapBytes: 'RADTUNE_SLOT_HEAP_BYTES',
  /** Worker: which of how many workers it is, as `1/2`: its share of a changed number of slots. */
  workerShare: 'RADTUNE_WORKER_SHARE',
  /**
   * Worker, of tests and demos alone: something wrong that is planted in each of its slots, as `parseSlotFault` reads it
   * (`work=200us`, `leak=1MiB/s`, `hold=40MiB`). No generated file has it.
   */
  slotFault: 'RADTUNE_SLOT_FAULT',
  /** Backend and frontend: host:port of the public HTTP server. */
  httpAddress: 'RADTUNE_HTTP_ADDRESS',
  /**
   * Backend and frontend: names, beside those of loopback, under which they are reached, and origins, beside their own, whose
   * pages may talk to them; comma-separated.
   */
  allowedHosts: 'RADTUNE_ALLOWED_HOSTS',
  allowedOrigins: 'RADTUNE_ALLOWED_ORIGINS',
  /**
   * Backend and frontend: the address of the host under which they are published, which in a container is not the one that they
   * bind; absent: the one they bind. And the token that writes need, at least 16 characters; without one they are open on loopback,
   * and closed elsewhere.
   */
  publishedHost: 'RADTUNE_PUBLISHED_HOST',
  token: 'RADTUNE_TOKEN',
  /** Frontend: where the backend is, and optionally where the built page lies. */
  backendUrl: 'RADTUNE_BACKEND_URL',
  webRoot: 'RADTUNE_WEB_ROOT',
  /** Provider: JSON array of files or folders (`-` is standard input); absent or `[]` is the generator. */
  data: 'RADTUNE_DATA',
  /** Provider: `true` replays the data from the start again and again. */
  loop: 'RADTUNE_LOOP',
  /** Provider: seed of the generator. */
  seed: 'RADTUNE_SEED',
  /** Topics: JSON array of `TopicSpec`. */
  topics: 'RADTUNE_TOPICS',
  /** Topics: JSON object of the live settings of the plan, which the settings topic is made to say. */
  settings: 'RADTUNE_SETTINGS',
  /** Backend: JSON object of `StackOutline`: what it looks at for the page's view of the system. */
  stack: 'RADTUNE_STACK',
} as const
