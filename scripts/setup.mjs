#!/usr/bin/env node
// From a clone to something that runs: npm packages, the native binding, the TypeScript. Does what is out of date and nothing
// else. Runs on the Node that is there (20 or newer) and with nothing but that, because it is what installs the rest.

import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { fingerprint } from './setup/fingerprint.mjs'
import { Lock } from './setup/lock.mjs'
import { Stamp } from './setup/stamp.mjs'
import { setupSteps } from './setup/steps.mjs'
import { ToolchainError, checkNode } from './setup/toolchain.mjs'
import { runCommand, stopCommands } from './task/command.mjs'
import { Progress } from './task/progress.mjs'

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const CACHE = path.join(ROOT, '.cache/setup')
const KINDS = ['npm', 'native', 'ts', 'tools']
const USAGE = `Usage: node scripts/setup.mjs [--force] [--only npm|native|ts|tools]

Installs the npm packages, builds the native binding and the TypeScript, each only when something changed.

  --force      do it all again
  --only KIND  one kind of step only: ${KINDS.join(', ')}; tools, which tests call, are installed only by this
`

const progress = new Progress()
const lock = new Lock(path.join(CACHE, 'lock'))

process.exitCode = await main()

async function main () {
  const options = readOptions()

  if (typeof options === 'number') {
    return options
  }

  for (const [signal, exitCode] of /** @type {Array<[NodeJS.Signals, number]>} */ ([['SIGINT', 130], ['SIGTERM', 143]])) {
    process.once(signal, async () => {
      await stopCommands()
      lock.release()
      progress.end()
      process.exit(exitCode)
    })
  }

  try {
    checkNode()

    return await setUp(options) ? 0 : 1
  } catch (err) {
    if (!(err instanceof ToolchainError)) {
      throw err
    }

    progress.say(`✘ ${err.message}`)

    return 1
  } finally {
    lock.release()
    progress.end()
  }
}

/**
 * @typedef {{ isForced: boolean, only: string | undefined }} Options
 */

/**
 * @returns {Options | number} an exit code if there is nothing to do
 */
function readOptions () {
  try {
    const { values } = parseArgs({ options: { force: { type: 'boolean' }, only: { type: 'string' }, help: { type: 'boolean' } } })

    if (values.help === true) {
      process.stdout.write(USAGE)
      return 0
    }

    if (values.only != null && !KINDS.includes(values.only)) {
      throw new TypeError(`--only must be one of ${KINDS.join(', ')}, not '${values.only}'`)
    }

    return { isForced: values.force ?? false, only: values.only }
  } catch (err) {
    process.stderr.write(`${/** @type {Error} */ (err).message}\n\n${USAGE}`)
    return 2
  }
}

/**
 * @param {Options} options
 * @returns {Promise<boolean>} whether everything stands
 */
async function setUp ({ isForced, only }) {
  const steps = setupSteps(ROOT).filter(step => only == null ? step.isForTests !== true : step.kind === only)

  if (!isForced && steps.every(isUpToDate)) {
    return true
  }

  const startedAtMs = performance.now()
  await lock.acquire(pid => progress.say(`waiting for another setup (process ${pid})`))

  for (const step of steps) {
    // looked at again: another run may have done it while we waited
    if (!isForced && isUpToDate(step)) {
      continue
    }

    if (!await runStep(step, isForced)) {
      return false
    }
  }

  progress.say(`setup done in ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s`)

  return true
}

/**
 * @param {import('./setup/steps.mjs').Step} step
 */
function isUpToDate (step) {
  const stamp = stampOf(step)
  const fingerprint = fingerprintOf(step)

  if (!step.isDone()) {
    return false
  }

  if (stamp.read()?.hash === fingerprint.hash) {
    return true
  }

  if (step.isAlreadyDone?.() === true) {
    stamp.write(fingerprint)
    return true
  }

  return false
}

/**
 * @param {import('./setup/steps.mjs').Step} step
 * @param {boolean} isForced
 */
async function runStep (step, isForced) {
  const stamp = stampOf(step)
  const before = fingerprintOf(step)
  const known = new Set(before.files)
  const hasLostFiles = isForced || stamp.read()?.files.some(file => !known.has(file)) !== false
  step.check?.()
  progress.start(step.name)
  stamp.remove()
  step.prepare?.(hasLostFiles)

  let { ok, reason, tail } = await run(step, step.command)

  if (ok && !step.isDone() && step.repair != null) {
    ({ ok, reason, tail } = await run(step, step.repair()))
  }

  if (!ok || !step.isDone()) {
    progress.fail(step.name, ok ? 'it left no result' : reason, tail, path.relative(ROOT, logFileOf(step)))
    return false
  }

  // of what it was when the step began: a file that changed since then makes the step due again
  stamp.write(before)
  progress.succeed(step.name)

  return true
}

/**
 * @param {import('./setup/steps.mjs').Step} step
 * @param {import('./setup/steps.mjs').Step['command'] | undefined} command
 */
async function run (step, command) {
  return command == null
    ? { ok: true, reason: '', tail: [] }
    : runCommand({ ...command, logFile: logFileOf(step), onLine: line => progress.line(step.name, line) })
}

/**
 * @param {import('./setup/steps.mjs').Step} step
 */
function fingerprintOf (step) {
  return fingerprint(ROOT, step.inputs, [process.platform, process.arch, step.command.args.join(' '), ...step.extra ?? []])
}

/**
 * @param {import('./setup/steps.mjs').Step} step
 */
function stampOf (step) {
  return new Stamp(path.join(CACHE, `${step.stampName}.json`))
}

/**
 * @param {import('./setup/steps.mjs').Step} step
 */
function logFileOf (step) {
  return path.join(ROOT, '.cache/logs', `setup-${step.stampName}.log`)
}
