/**
 * What the application gives us to register metrics with: the shape of prom-client, as `@libp2p/gossipsub` asks for it.
 */
import type { TopicStr } from '../types.ts'

/** What a topic is called in labels: fewer and shorter names than topics have. */
export type TopicLabel = string

export type TopicStrToLabel = Map<TopicStr, TopicLabel>

/** Of a metric without labels. */
type Unlabelled = Record<string, never>

type Labels = Record<string, string | number>

type NamesOf<L extends Labels> = Extract<keyof L, string>

/** A method that takes the labels first, where there are any. */
type Method<L extends Labels, Value extends unknown[]> = Unlabelled extends L ? (...value: Value) => void : (labels: L, ...value: Value) => void

export interface Gauge<L extends Labels = Unlabelled> {
  inc: Method<L, [value?: number]>
  set: Method<L, [value: number]>
  /** The function is called at each scrape, to set the gauge. */
  addCollect(collectFn: (metric: Gauge<L>) => void): void
}

export interface Histogram<L extends Labels = Unlabelled> {
  startTimer(): () => void
  observe: Method<L, [value: number]>
  reset(): void
}

/** Told all values at once, of which the average, the least and the greatest are kept. */
export interface AvgMinMax<L extends Labels = Unlabelled> {
  set: Method<L, [values: number[]]>
}

export type GaugeConfig<L extends Labels> = { name: string, help: string } & (
  Unlabelled extends L ? { labelNames?: never } : { labelNames: [NamesOf<L>, ...Array<NamesOf<L>>] }
)

export type HistogramConfig<L extends Labels> = GaugeConfig<L> & { buckets?: number[] }

export type AvgMinMaxConfig<L extends Labels> = GaugeConfig<L>

export interface MetricsRegister {
  gauge<L extends Labels = Unlabelled>(config: GaugeConfig<L>): Gauge<L>
  histogram<L extends Labels = Unlabelled>(config: HistogramConfig<L>): Histogram<L>
  avgMinMax<L extends Labels = Unlabelled>(config: AvgMinMaxConfig<L>): AvgMinMax<L>
}
