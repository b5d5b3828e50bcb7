import type { Metric } from './figures.ts'

/** With its spread and ratios. */
export function headline (name: string, value: string, goals: Metric['goals'] = []): Metric {
  return { name, isHeadline: true, goals, read: (values) => values[value] }
}

/** Its median alone. */
export function aside (name: string, value: string, goals: Metric['goals'] = []): Metric {
  return { name, isHeadline: false, goals, read: (values) => values[value] }
}
