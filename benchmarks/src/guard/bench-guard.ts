import { OptionsError } from '../arguments.ts'
import { BaselineError } from './baseline.ts'
import { check } from './check.ts'
import { GUARDED } from './guarded.ts'
import { parseOptions, USAGE } from './options.ts'
import { ChangesError, MeasureError, update } from './update.ts'

const EXIT_FAILED = 1
const EXIT_WRONG_OPTIONS = 2

process.exitCode = await main(process.argv.slice(2))

/** Returns the exit code. */
async function main (args: string[]): Promise<number> {
  try {
    const options = parseOptions(args)

    if (options.isHelp) {
      process.stdout.write(USAGE)
      return 0
    }

    const ratios = GUARDED.filter(({ name }) => options.only.includes(name))

    if (options.isUpdate) {
      await update(ratios, options)
      return 0
    }

    return await check(ratios, options) ? 0 : EXIT_FAILED
  } catch (err) {
    if (err instanceof OptionsError) {
      process.stderr.write(`${err.message}\n\n${USAGE}`)
      return EXIT_WRONG_OPTIONS
    }
    if (err instanceof BaselineError || err instanceof ChangesError || err instanceof MeasureError) {
      process.stderr.write(`${err.message}\n`)
      return EXIT_FAILED
    }

    throw err
  }
}
