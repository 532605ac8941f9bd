export { LatencyBucketCounts, LatencyHistogram, LatencyMeter, latencyHistogramText } from './latency.ts'
export { processSample } from './process-sample.ts'
export { type RunningStatsServer, type StatsServerOptions, startStatsServer } from './start-stats-server.ts'
