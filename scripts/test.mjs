#!/usr/bin/env node
// `npm test`: every check there is, each as a named step; all of them even if one fails. The last line says how many tests
// and checks passed and failed; the exit code is 0 only if something ran and nothing failed.

import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { TestCounter, addCounts, countStep, formatCounts } from './check/counts.mjs'
import { runAll } from './check/scheduler.mjs'
import { checkSteps } from './check/steps.mjs'
import { runCommand, stopCommands } from './task/command.mjs'
import { Notices } from './task/notices.mjs'
import { Progress } from './task/progress.mjs'

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const LOGS = path.join(ROOT, '.cache/logs')
/** More at once than this makes each slower and the log harder to follow. */
const MAX_WIDTH = 4

/** Thrown to end the run early. */
class VitalStepError extends Error {}

const progress = new Progress(process.stdout)

/**
 * Said by a step, and shown as soon as it is.
 *
 * @type {Set<string>}
 */
const saidNotices = new Set()

process.exitCode = await main(process.argv.slice(2))

/**
 * @param {string[]} words - if there are any, only steps whose name contains one of them run
 */
async function main (words) {
  for (const [signal, exitCode] of /** @type {Array<[NodeJS.Signals, number]>} */ ([['SIGINT', 130], ['SIGTERM', 143]])) {
    process.once(signal, async () => {
      await stopCommands()
      progress.end()
      process.exit(exitCode)
    })
  }

  /** @type {import('./check/counts.mjs').Counts[]} */
  const counts = []
  const startedAtMs = performance.now()

  try {
    const steps = checkSteps(ROOT).filter(({ name }) => words.length === 0 || words.some(word => name.includes(word)))
    await runAll(steps, Math.min(MAX_WIDTH, Math.max(2, os.availableParallelism())), async step => {
      const stepCounts = await runStep(step)
      counts.push(stepCounts)

      if (stepCounts.failed > 0 && step.isVital === true) {
        throw new VitalStepError()
      }
    })
  } catch (err) {
    if (!(err instanceof VitalStepError)) {
      counts.push(countStep({ ok: false }))
      progress.complain(`✘ ${/** @type {Error} */ (err).message}\n`)
    }
  }

  const total = addCounts(counts)
  progress.end()
  progress.recall()
  process.stdout.write(`\n${((performance.now() - startedAtMs) / 1000).toFixed(1)} s, logs in ${path.relative(ROOT, LOGS)}\n${formatCounts(total)}\n`)

  return total.failed === 0 && total.passed > 0 ? 0 : 1
}

/**
 * @param {import('./check/steps.mjs').CheckStep} step
 * @returns {Promise<import('./check/counts.mjs').Counts>}
 */
async function runStep (step) {
  const counter = step.harness == null ? undefined : new TestCounter(step.harness)
  const notices = new Notices(saidNotices)
  const logFile = path.join(LOGS, `${step.name.replaceAll(/[^\w-]+/g, '-')}.log`)
  progress.start(step.name)

  const { ok, reason, tail } = await runCommand({
    ...step,
    env: { ...environment(), ...step.env },
    logFile,
    isOver: () => counter?.isOver === true,
    onLine: line => {
      counter?.line(line)
      progress.line(step.name, line)
      const notice = notices.line(line)

      if (notice != null) {
        progress.say(notice)
      }
    }
  })
  const counts = countStep({ ok, counts: counter?.counts })

  if (counts.failed === 0) {
    progress.succeed(step.name, counter == null ? '' : formatCounts(counts))
  } else {
    progress.fail(step.name, ok && counts.passed === 0 ? 'no test ran' : `${reason}${counter == null ? '' : `, ${formatCounts(counts)}`}`, tail, path.relative(ROOT, logFile))
  }

  return counts
}

/** The Node of the project first, whoever called us. */
function environment () {
  return { ...process.env, PATH: [path.join(ROOT, 'node_modules/.bin'), process.env.PATH].join(path.delimiter) }
}
