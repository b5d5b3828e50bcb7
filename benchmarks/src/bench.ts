import { writeFile } from 'node:fs/promises'
import { OptionsError } from './arguments.ts'
import { readEnvironment } from './environment.ts'
import { isMachineBusy, readCpuTimes, shareOfOthers } from './machine-load.ts'
import { parseOptions, usage } from './options.ts'
import { progressLine } from './progress.ts'
import { formatJson } from './report/json.ts'
import { isEmpty, toRecord } from './report/record.ts'
import { keepRecord } from './report/results-folder.ts'
import { formatText } from './report/text.ts'
import { SUITES } from './suites.ts'
import type { BenchOptions, SuiteRun } from './options.ts'
import type { BenchRecord } from './report/record.ts'

const EXIT_CONTESTANT_FAILED = 1
const EXIT_WRONG_OPTIONS = 2

const SHARE_DECIMALS = 3

process.exitCode = await main(process.argv.slice(2))

/** With the name of a suite before the options it runs that one, otherwise all. Returns the exit code. */
async function main (args: string[]): Promise<number> {
  const named = SUITES.filter(({ name }) => name === args[0])
  const suites = named.length > 0 ? named : SUITES

  try {
    const options = parseOptions(suites, args.slice(named.length))

    if (options.isHelp) {
      process.stdout.write(usage(suites))
      return 0
    }

    const records = await runAll(options)

    if (records.every(isEmpty)) {
      throw new OptionsError(`Nothing of what was asked for can be measured here: ${unique(records.flatMap(reasons)).join('; ')}`)
    }

    if (options.save != null) {
      await writeFile(options.save, `${formatJson(records)}\n`)
    }

    if (options.isJson) {
      process.stdout.write(`${formatJson(records)}\n`)
    }

    return records.every(({ failures }) => failures.length === 0) ? 0 : EXIT_CONTESTANT_FAILED
  } catch (err) {
    if (!(err instanceof OptionsError)) {
      throw err
    }

    process.stderr.write(`${err.message}\n\n${usage(suites)}`)
    return EXIT_WRONG_OPTIONS
  }
}

/** Tells of each suite, and keeps it, as soon as it is over. */
async function runAll (options: BenchOptions): Promise<BenchRecord[]> {
  const records: BenchRecord[] = []

  // that of the next suite has what the first left behind in it
  const { loadAverage } = readEnvironment([])

  for (const [i, run] of options.runs.entries()) {
    const title = options.runs.length === 1 ? run.suite.name : `${run.suite.name} (${i + 1} of ${options.runs.length})`
    const record = await runOne(options, run, title)
    record.environment = { ...record.environment, loadAverage, isBusy: isMachineBusy({ ...record.environment, loadAverage }) }
    records.push(record)

    if (options.isKept && !isEmpty(record)) {
      await keepRecord(record, Object.keys(run.suite.figures))
    }

    if (!options.isJson) {
      process.stdout.write(`${formatText(record)}\n`)
    }
  }

  return records
}

async function runOne (options: BenchOptions, run: SuiteRun, title: string): Promise<BenchRecord> {
  const { suite, settings } = run
  const environment = readEnvironment(suite.packagesOf(settings.contestants), suite.versionsOf?.(settings.contestants))
  const progress = progressLine(process.stderr, { title })
  const before = readCpuTimes()
  const results = await suite.run(settings, progress)
  const after = readCpuTimes()
  progress.clear()

  if (before != null && after != null) {
    environment.othersShare = Number(shareOfOthers(before, after).toFixed(SHARE_DECIMALS))
  }

  return toRecord(options, run, { environment, results })
}

function reasons ({ suite, contestants, figures, leftOut = [] }: BenchRecord): string[] {
  const present = contestants.filter((name) => !leftOut.some(({ contestant }) => contestant === name))

  return [
    ...leftOut.map(({ contestant, reason }) => `${contestant}: ${reason}`),
    ...(present.length === 0 ? [] : [`${suite} has no ${figures.map(({ name }) => name).join(', ')} of ${present.join(', ')}`])
  ]
}

function unique (texts: string[]): string[] {
  return [...new Set(texts)]
}
