import type { AvgMinMax, AvgMinMaxConfig, Gauge, GaugeConfig, Histogram, HistogramConfig, MetricsRegister } from '@libp2p/gossipsub/metrics'

type Labels = Record<string, string | number>

/** A metrics register that describes what is registered, and whose metrics do nothing. */
export class RecordingRegister implements MetricsRegister {
  readonly #descriptions: string[] = []

  /** Sorted: the order of registration means nothing. */
  get descriptions (): string[] {
    return this.#descriptions.toSorted()
  }

  gauge<L extends Labels> (config: GaugeConfig<L>): Gauge<L> {
    this.#describe('gauge', config)

    return { inc () {}, set () {}, addCollect () {} }
  }

  histogram<L extends Labels> (config: HistogramConfig<L>): Histogram<L> {
    this.#describe('histogram', config, config.buckets)

    return { startTimer: () => () => {}, observe () {}, reset () {} }
  }

  avgMinMax<L extends Labels> (config: AvgMinMaxConfig<L>): AvgMinMax<L> {
    this.#describe('avgMinMax', config)

    return { set () {} }
  }

  #describe (type: string, { name, help, labelNames = [] }: { name: string, help: string, labelNames?: string[] }, buckets: number[] = []): void {
    if (typeof help !== 'string' || help === '') {
      throw new TypeError(`${name} has no help text`)
    }

    this.#descriptions.push(`${type} ${name}{${labelNames.join()}} [${buckets.join()}]`)
  }
}
