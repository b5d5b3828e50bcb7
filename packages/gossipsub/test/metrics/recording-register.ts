import type { MetricsRegister } from '../../src/metrics.ts'

type Labels = Record<string, string | number>

/** A register that keeps what it is told, by the name of the metric and its labels. */
export class RecordingRegister {
  /** Of gauges. */
  readonly values = new Map<string, number>()
  /** Of histograms since their reset, and what distributions were set to. */
  readonly samples = new Map<string, number[]>()
  readonly names: string[] = []
  readonly #collectors: Array<() => void> = []

  readonly register: MetricsRegister = {
    gauge: ({ name, labelNames }) => {
      this.names.push(name)
      const parse = parser(name, labelNames)
      const gauge = {
        inc: (...args: unknown[]) => {
          const { key, value = 1 } = parse(args)
          this.values.set(key, (this.values.get(key) ?? 0) + value)
        },
        set: (...args: unknown[]) => {
          const { key, value = 0 } = parse(args)
          this.values.set(key, value)
        },
        addCollect: (collect: (metric: never) => void) => {
          this.#collectors.push(() => { collect(gauge as never) })
        }
      }

      return gauge
    },
    histogram: ({ name, labelNames }) => {
      this.names.push(name)
      const parse = parser(name, labelNames)

      return {
        startTimer: () => () => {},
        observe: (...args: unknown[]) => {
          const { key, value = 0 } = parse(args)
          this.samples.set(key, [...this.samples.get(key) ?? [], value])
        },
        reset: () => {
          for (const key of this.samples.keys()) {
            if (key === name || key.startsWith(`${name}{`)) {
              this.samples.delete(key)
            }
          }
        }
      }
    },
    avgMinMax: ({ name, labelNames }) => {
      this.names.push(name)
      const parse = parser<number[]>(name, labelNames)

      return {
        set: (...args: unknown[]) => {
          const { key, value = [] } = parse(args)
          this.samples.set(key, value)
        }
      }
    }
  }

  scrape (): this {
    this.#collectors.forEach(collect => { collect() })

    return this
  }

  /** 0 when it was never set. */
  value (key: string): number {
    return this.values.get(key) ?? 0
  }
}

/** The arguments of a method with or without labels, as `name{label=value,...}` and the value. */
function parser<T = number> (name: string, labelNames: string[] = []): (args: unknown[]) => { key: string, value?: T } {
  return args => {
    if (labelNames.length === 0) {
      return { key: name, value: args[0] as T }
    }

    const labels = args[0] as Labels

    for (const label of Object.keys(labels)) {
      if (!labelNames.includes(label)) {
        throw new TypeError(`${name} has no label ${label}`)
      }
    }

    return {
      key: `${name}{${labelNames.filter(label => label in labels).map(label => `${label}=${labels[label]}`).join(',')}}`,
      value: args[1] as T
    }
  }
}
