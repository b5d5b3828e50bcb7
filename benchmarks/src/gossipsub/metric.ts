import type { Metric } from './figures.ts'

/** With its spread and ratios. Less is better of it, as of all that these two make. */
export function headline (name: string, value: string, goals: Metric['goals'] = []): Metric {
  return { name, isHigherBetter: false, isHeadline: true, goals, read: (values) => values[value] }
}

/** Its median alone. */
export function aside (name: string, value: string, goals: Metric['goals'] = []): Metric {
  return { name, isHigherBetter: false, isHeadline: false, goals, read: (values) => values[value] }
}
