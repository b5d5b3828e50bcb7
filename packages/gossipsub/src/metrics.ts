/**
 * Metrics for dashboards, by the names and labels of `@libp2p/gossipsub`: sub-path `./metrics`. The types that an application needs to
 * hand us a registry, and the values that labels take.
 */
export { ChurnReason, IDontWantSkipPath, IHaveIgnoreReason, InclusionReason, MessageSource, ScorePenalty, ScoreThreshold } from './metrics/labels.ts'
export { getMetrics } from './metrics/table.ts'
export type {
  PeersByScoreThreshold, PromiseDeliveredStats, ScoreWeights, ToAddGroupCount, ToSendGroupCount, TopicScoreWeights
} from './metrics/labels.ts'
export type {
  AvgMinMax, AvgMinMaxConfig, Gauge, GaugeConfig, Histogram, HistogramConfig, MetricsRegister, TopicLabel, TopicStrToLabel
} from './metrics/register.ts'
export type { Metrics, MetricsOptions } from './metrics/table.ts'
