import { writeFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { OptionsError } from '../arguments.ts'
import { readEnvironment } from '../environment.ts'
import { renderSvg } from '../plot/render.ts'
import { progressLine } from '../progress.ts'
import { growthPlot } from './curve.ts'
import { DOCUMENT, formatDocument, PICTURE, PICTURE_TITLE } from './document.ts'
import { parseOptions, USAGE } from './options.ts'
import { formatJson, formatText } from './report.ts'
import { readReport } from './results-file.ts'
import { runScale } from './run.ts'
import type { ScaleReport } from './report.ts'
import type { ScaleResults } from './run.ts'
import type { ScaleSettings } from './variants.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

const EXIT_NOT_DELIVERED = 1
const EXIT_WRONG_OPTIONS = 2

process.exitCode = await main(process.argv.slice(2))

/** Returns the exit code. */
async function main (args: string[]): Promise<number> {
  try {
    const { isHelp, isJson, save, plot, hasDocument, from, ...settings } = parseOptions(args)

    if (isHelp) {
      process.stdout.write(USAGE)
      return 0
    }

    const report = from == null ? await run(settings, save) : await readReport(from)
    process.stdout.write(`${isJson ? formatJson(report) : formatText(report)}\n`)

    for (const path of [...plot == null ? [] : [plot], ...hasDocument ? [join(ROOT, PICTURE)] : []]) {
      await writeFile(path, await renderSvg(growthPlot(report), PICTURE_TITLE))
    }
    if (hasDocument) {
      await writeFile(join(ROOT, DOCUMENT), formatDocument(report))
    }

    return report.rows.every(({ outcome }) => outcome.deliveredPercent === 100) ? 0 : EXIT_NOT_DELIVERED
  } catch (err) {
    if (!(err instanceof OptionsError)) {
      throw err
    }

    process.stderr.write(`${err.message}\n\n${USAGE}`)
    return EXIT_WRONG_OPTIONS
  }
}

async function run (settings: ScaleSettings, save: string | undefined): Promise<ScaleReport> {
  const environment = readEnvironment(['@quicmesh/gossipsub'])
  const toReport = (results: ScaleResults): ScaleReport => ({ environment, settings, ...results })

  if (save != null) {
    // a path that can't be written to should not cost an hour
    await mkdir(dirname(save), { recursive: true })
    await writeFile(save, '')
  }

  const { onProgress, clear } = progressLine(process.stderr, { title: 'scale' })
  const results = runScale(settings, {
    onProgress,
    onRow: results => {
      if (save != null) {
        writeFileSync(save, `${formatJson(toReport(results))}\n`)
      }
    }
  })
  clear()

  return toReport(results)
}
