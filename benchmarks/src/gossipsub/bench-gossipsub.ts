import { writeFile } from 'node:fs/promises'
import { OptionsError } from '../arguments.ts'
import { readEnvironment } from '../environment.ts'
import { progressLine } from '../progress.ts'
import { packagesOf } from './contestants.ts'
import { parseOptions, USAGE } from './options.ts'
import { formatJson, formatText } from './report.ts'
import { runBenchmark } from './run.ts'
import { summarise } from './summary.ts'

const EXIT_CONTESTANT_FAILED = 1
const EXIT_WRONG_OPTIONS = 2

process.exitCode = await main(process.argv.slice(2))

/** Returns the exit code. */
async function main (args: string[]): Promise<number> {
  try {
    const { isHelp, isJson, save, ...settings } = parseOptions(args)

    if (isHelp) {
      process.stdout.write(USAGE)
      return 0
    }

    const environment = readEnvironment(packagesOf(settings.contestants))
    const progress = progressLine(process.stderr)
    const results = await runBenchmark(settings, progress)
    progress.clear()

    const report = { environment, settings, results, summary: summarise(settings, results) }

    if (save != null) {
      await writeFile(save, `${formatJson(report)}\n`)
    }

    process.stdout.write(`${isJson ? formatJson(report) : formatText(report)}\n`)

    return results.failures.length === 0 ? 0 : EXIT_CONTESTANT_FAILED
  } catch (err) {
    if (!(err instanceof OptionsError)) {
      throw err
    }

    process.stderr.write(`${err.message}\n\n${USAGE}`)
    return EXIT_WRONG_OPTIONS
  }
}
