import type { AvgMinMax, AvgMinMaxConfig, Gauge, GaugeConfig, Histogram, HistogramConfig, MetricsRegister } from '@libp2p/gossipsub/metrics'

type Labels = Record<string, string | number>

/** A metrics register that keeps what is registered, and what the metrics are told. */
export class RecordingRegister implements MetricsRegister {
  readonly #descriptions: string[] = []
  /** Of gauges their value, of histograms how many samples there are, of distributions how many they were last set to. */
  readonly #values = new Map<string, number>()
  readonly #collectors: Array<() => void> = []

  /** Sorted: the order of registration means nothing. */
  get descriptions (): string[] {
    return this.#descriptions.toSorted()
  }

  /** By `name{label=value}`. */
  scrape (): Record<string, number> {
    this.#collectors.forEach(collect => { collect() })

    return Object.fromEntries(this.#values)
  }

  gauge<L extends Labels> (config: GaugeConfig<L>): Gauge<L> {
    this.#describe('gauge', config)
    const gauge: Gauge<L> = {
      inc: this.#method(config, (value = 1, before) => before + value),
      set: this.#method<number>(config, (value = 0) => value),
      addCollect: collect => { this.#collectors.push(() => { collect(gauge) }) }
    }

    return gauge
  }

  histogram<L extends Labels> (config: HistogramConfig<L>): Histogram<L> {
    this.#describe('histogram', config, config.buckets)

    return {
      startTimer: () => () => { this.#add(config.name, 1) },
      observe: this.#method<number>(config, (_, before) => before + 1),
      reset: () => {
        for (const key of this.#values.keys()) {
          if (key.split('{')[0] === config.name) {
            this.#values.delete(key)
          }
        }
      }
    }
  }

  avgMinMax<L extends Labels> (config: AvgMinMaxConfig<L>): AvgMinMax<L> {
    this.#describe('avgMinMax', config)

    return { set: this.#method<number[]>(config, (values = []) => values.length) }
  }

  #describe (type: string, { name, help, labelNames = [] }: { name: string, help: string, labelNames?: string[] }, buckets: number[] = []): void {
    if (typeof help !== 'string' || help === '') {
      throw new TypeError(`${name} has no help text`)
    }

    this.#descriptions.push(`${type} ${name}{${labelNames.join()}} [${buckets.join()}]`)
  }

  #add (key: string, count: number): void {
    this.#values.set(key, (this.#values.get(key) ?? 0) + count)
  }

  /** A method that takes labels first where there are any; `change` makes the new value of the old one. */
  #method<Value = number> ({ name, labelNames }: { name: string, labelNames?: string[] }, change: (value: Value | undefined, before: number) => number): (...args: unknown[]) => void {
    return (...args) => {
      const labels = labelNames == null ? undefined : args.shift() as Labels
      const key = labels == null ? name : `${name}{${Object.entries(labels).map(([label, value]) => `${label}=${value}`).toSorted().join()}}`

      this.#values.set(key, change(args[0] as Value | undefined, this.#values.get(key) ?? 0))
    }
  }
}
