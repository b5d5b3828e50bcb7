import type { Ratio } from './summary.ts'
import type { Environment } from '../environment.ts'
import type { Spread } from '../statistics.ts'

/** '851 [822 to 874]': the median, and the quartiles that half of the rounds lie between. */
export function formatSpread ({ median, lowerQuartile, upperQuartile }: Spread): string {
  return `${formatNumber(median)} [${formatNumber(lowerQuartile)} to ${formatNumber(upperQuartile)}]`
}

/** '2.00 [1.90 to 2.10]', with the interval of 95 %; the median alone of too few rounds. */
export function formatRatio ({ median, interval }: Ratio): string {
  return interval == null ? formatNumber(median) : `${formatNumber(median)} [${formatNumber(interval.low)} to ${formatNumber(interval.high)}]`
}

/** 'load average 0.10 before the run, others took 3 % of the CPU while it was on'. */
export function formatLoad ({ loadAverage, othersShare }: Environment): string {
  const others = othersShare == null ? '' : `, others took ${Math.round(othersShare * 100)} % of the CPU while it was on`

  return `load average ${loadAverage.toFixed(2)} before the run${others}`
}

/** Three significant digits, or all before the point. */
export function formatNumber (value: number): string {
  const digitsBeforePoint = value === 0 ? 1 : Math.max(1, Math.floor(Math.log10(Math.abs(value))) + 1)

  return value.toFixed(Math.max(0, Math.min(3, 3 - digitsBeforePoint)))
}

/** 'MB/s 1,234,567': for people, in documents. */
export function withThousands (text: string): string {
  return text.replace(/\d{4,}(?=[^\d.]|$)/g, (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ','))
}
