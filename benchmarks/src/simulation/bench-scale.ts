import { writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { OptionsError } from '../arguments.ts'
import { readEnvironment } from '../environment.ts'
import { parseOptions, USAGE } from './options.ts'
import { formatJson, formatText } from './report.ts'
import { runScale } from './run.ts'

const EXIT_NOT_DELIVERED = 1
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
    if (save != null) {
      // a path that can't be written to should not cost an hour
      await writeFile(save, '')
    }

    const environment = readEnvironment(['@quicmesh/gossipsub'])
    const results = runScale(settings, {
      onProgress: writeProgress,
      onRow: results => {
        if (save != null) {
          writeFileSync(save, `${formatJson({ environment, settings, ...results })}\n`)
        }
      }
    })
    writeProgress('')

    const report = { environment, settings, ...results }
    process.stdout.write(`${isJson ? formatJson(report) : formatText(report)}\n`)

    return results.rows.every(({ outcome }) => outcome.deliveredPercent === 100) ? 0 : EXIT_NOT_DELIVERED
  } catch (err) {
    if (!(err instanceof OptionsError)) {
      throw err
    }

    process.stderr.write(`${err.message}\n\n${USAGE}`)
    return EXIT_WRONG_OPTIONS
  }
}

/** A line that is written over on a terminal; nothing elsewhere, where it would only fill a log. */
function writeProgress (text: string): void {
  if (process.stderr.isTTY) {
    process.stderr.write(`\r\u001b[K${text.slice(0, process.stderr.columns - 1)}`)
  }
}
