import { SCHEMA, VERSION } from './record.ts'
import type { BenchRecord, FigureRecord } from './record.ts'

/** A file that is no result, is not whole, or is of a version that nobody here knows. The message says where and why. */
export class RecordError extends Error {
  name = 'RecordError'
}

/**
 * Reads what `formatRecord` wrote, and files with more than that in them; `name` is that of the file, for errors.
 *
 * @throws {RecordError} when the text is anything else
 */
export function parseRecord (text: string, name: string): BenchRecord {
  try {
    return checkRecord(JSON.parse(text))
  } catch (err) {
    throw new RecordError(`${name}: ${err instanceof Error ? err.message : String(err)}`)
  }
}

/**
 * @throws {RecordError} when it is not what a run leaves behind
 */
export function checkRecord (value: unknown): BenchRecord {
  const record = object(value, 'the file')

  if (record.schema !== SCHEMA) {
    throw new RecordError(`schema is ${JSON.stringify(record.schema)}, not '${SCHEMA}': no result of a benchmark, or one from before they had versions`)
  }

  if (record.version !== VERSION) {
    throw new RecordError(`version is ${JSON.stringify(record.version)}; this reads ${VERSION}: take the checkout that wrote it, or run the benchmark again`)
  }

  for (const key of ['suite', 'title', 'about', 'command']) {
    string(record[key], key)
  }

  boolean(record.isQuick, 'isQuick')
  checkEnvironment(record.environment, 'environment')
  count(record.rounds, 'rounds')
  numbers(record.workload, 'workload')

  const contestants = strings(record.contestants, 'contestants')
  subset(record.ours, contestants, 'ours')
  subset(record.baselines, contestants, 'baselines')

  const figures = array(record.figures, 'figures').map((figure, i) => checkFigure(figure, `figures[${i}]`))
  array(record.measurements, 'measurements').forEach((measurement, i) => {
    checkMeasurement(measurement, { at: `measurements[${i}]`, contestants, figures, rounds: count(record.rounds, 'rounds') })
  })
  array(record.failures, 'failures').forEach((failure, i) => {
    const at = `failures[${i}]`
    const { contestant, during, error } = object(failure, at)
    oneOf(contestant, contestants, `${at}.contestant`)
    string(during, `${at}.during`)
    string(error, `${at}.error`)
  })
  array(record.earlier ?? [], 'earlier').forEach((run, i) => {
    const at = `earlier[${i}]`
    const { command, environment, figures: names } = object(run, at)
    string(command, `${at}.command`)
    checkEnvironment(environment, `${at}.environment`)
    subset(names, figures.map(({ name }) => name), `${at}.figures`)
  })
  array(record.leftOut ?? [], 'leftOut').forEach((one, i) => {
    const at = `leftOut[${i}]`
    const { contestant, reason } = object(one, at)
    oneOf(contestant, contestants, `${at}.contestant`)
    string(reason, `${at}.reason`)
  })

  return record as unknown as BenchRecord
}

function checkEnvironment (value: unknown, at: string): void {
  const environment = object(value, at)

  for (const key of ['date', 'cpuModel', 'system', 'node', 'commit']) {
    string(environment[key], `${at}.${key}`)
  }

  count(environment.cores, `${at}.cores`)
  number(environment.loadAverage, `${at}.loadAverage`)
  number(environment.othersShare ?? 0, `${at}.othersShare`)
  boolean(environment.isBusy, `${at}.isBusy`)
  Object.entries(object(environment.packages, `${at}.packages`)).forEach(([name, version]) => string(version, `${at}.packages.${name}`))
}

function checkFigure (value: unknown, at: string): FigureRecord {
  const figure = object(value, at)
  string(figure.name, `${at}.name`)
  string(figure.description, `${at}.description`)

  if (array(figure.metrics, `${at}.metrics`).length === 0) {
    throw new RecordError(`${at}.metrics is empty`)
  }

  array(figure.metrics, `${at}.metrics`).forEach((metric, i) => {
    const { name, isHigherBetter, isHeadline, isRatio, goals } = object(metric, `${at}.metrics[${i}]`)
    string(name, `${at}.metrics[${i}].name`)
    boolean(isHigherBetter, `${at}.metrics[${i}].isHigherBetter`)
    boolean(isHeadline, `${at}.metrics[${i}].isHeadline`)
    boolean(isRatio ?? false, `${at}.metrics[${i}].isRatio`)
    array(goals ?? [], `${at}.metrics[${i}].goals`).forEach((goal, j) => { checkGoal(goal, `${at}.metrics[${i}].goals[${j}]`) })
  })

  if (figure.everyNthRound !== undefined) {
    count(figure.everyNthRound, `${at}.everyNthRound`)
  }

  if (figure.sweep !== undefined) {
    const { label, scale, values } = object(figure.sweep, `${at}.sweep`)
    string(label, `${at}.sweep.label`)
    oneOf(scale, ['log', 'linear'], `${at}.sweep.scale`)
    array(values, `${at}.sweep.values`).forEach((x, i) => number(x, `${at}.sweep.values[${i}]`))
  }

  return figure as unknown as FigureRecord
}

function checkGoal (value: unknown, at: string): void {
  const { atLeast, atMost, of } = object(value, at)

  if (atLeast === undefined && atMost === undefined) {
    throw new RecordError(`${at} has neither atLeast nor atMost`)
  }

  number(atLeast ?? 0, `${at}.atLeast`)
  number(atMost ?? 0, `${at}.atMost`)
  string(of ?? '', `${at}.of`)
}

interface Around {
  at: string
  contestants: string[]
  figures: FigureRecord[]
  rounds: number
}

function checkMeasurement (value: unknown, { at, contestants, figures, rounds }: Around): void {
  const measurement = object(value, at)
  oneOf(measurement.contestant, contestants, `${at}.contestant`)
  oneOf(measurement.figure, figures.map(({ name }) => name), `${at}.figure`)

  if (count(measurement.round, `${at}.round`) > rounds) {
    throw new RecordError(`${at}.round is ${String(measurement.round)} of ${rounds} rounds`)
  }

  const figure = figures.find(({ name }) => name === measurement.figure)
  const metrics = figure?.metrics.map(({ name }) => name) ?? []
  Object.keys(numbers(measurement.values, `${at}.values`)).forEach((name) => { oneOf(name, metrics, `a key of ${at}.values`) })

  if (figure?.sweep == null ? measurement.x !== undefined : !figure.sweep.values.some((x) => x === measurement.x)) {
    throw new RecordError(`${at}.x is ${String(measurement.x)}, which is none of the values of its figure's sweep`)
  }

  Object.entries(object(measurement.samples ?? {}, `${at}.samples`)).forEach(([name, values]) => {
    array(values, `${at}.samples.${name}`).forEach((sample, i) => number(sample, `${at}.samples.${name}[${i}]`))
  })
}

function object (value: unknown, at: string): Record<string, unknown> {
  if (typeof value !== 'object' || value == null || Array.isArray(value)) {
    throw new RecordError(`${at} is no object`)
  }

  return value as Record<string, unknown>
}

function array (value: unknown, at: string): unknown[] {
  if (!Array.isArray(value)) {
    throw new RecordError(`${at} is no array`)
  }

  return value
}

function string (value: unknown, at: string): string {
  if (typeof value !== 'string') {
    throw new RecordError(`${at} is no string`)
  }

  return value
}

function strings (value: unknown, at: string): string[] {
  return array(value, at).map((item, i) => string(item, `${at}[${i}]`))
}

function boolean (value: unknown, at: string): void {
  if (typeof value !== 'boolean') {
    throw new RecordError(`${at} is neither true nor false`)
  }
}

function number (value: unknown, at: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new RecordError(`${at} is no number`)
  }

  return value
}

function numbers (value: unknown, at: string): Record<string, unknown> {
  const values = object(value, at)
  Object.entries(values).forEach(([name, value]) => number(value, `${at}.${name}`))

  return values
}

function count (value: unknown, at: string): number {
  if (!Number.isInteger(value) || Number(value) < 1) {
    throw new RecordError(`${at} is no whole number from 1`)
  }

  return Number(value)
}

function oneOf (value: unknown, known: string[], at: string): void {
  if (!known.some((name) => name === value)) {
    throw new RecordError(`${at} is ${JSON.stringify(value)}, none of ${known.join(', ')}`)
  }
}

function subset (value: unknown, known: string[], at: string): void {
  strings(value, at).forEach((name, i) => { oneOf(name, known, `${at}[${i}]`) })
}
