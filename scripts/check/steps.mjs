import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { workspaceFolders } from '../setup/steps.mjs'

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const NATIVE = 'packages/quic-transport/native'

/**
 * What is checked in each workspace. A workspace that is not here, or that lacks a script that is named here, is a failure:
 * nothing goes unchecked because somebody forgot it.
 *
 * @type {Record<string, { scripts: string[], typecheck: boolean }>}
 */
const WORKSPACES = {
  'packages/gossipsub': { scripts: ['lint', 'dep-check', 'test:node'], typecheck: true },
  'packages/quic-transport': { scripts: ['lint', 'dep-check', 'test:node'], typecheck: true },
  'packages/interop': { scripts: ['lint', 'dep-check', 'test:node'], typecheck: true },
  benchmarks: { scripts: ['lint', 'dep-check', 'test:node'], typecheck: true },
  'examples/local-mesh': { scripts: ['lint', 'dep-check', 'test:node', 'test:e2e'], typecheck: true }
}

/**
 * @typedef {object} CheckStep
 * @property {string} name - for people, and for the log file
 * @property {string} file - program to run
 * @property {string[]} args - its arguments
 * @property {string} cwd - where
 * @property {number} timeoutMs - after that it has failed
 * @property {import('./counts.mjs').Harness} [harness] - how the tests in it are counted, if it runs tests
 * @property {string} [lane] - steps of one lane never run at the same time
 * @property {boolean} [isAlone] - nothing else runs beside it: it measures time, or needs the processors
 * @property {boolean} [isVital] - if it fails, nothing that follows can be run
 */

/**
 * All checks, in the order in which they are reported.
 *
 * @param {string} root
 * @returns {CheckStep[]}
 * @throws {Error} when a workspace or a script is missing
 */
export function checkSteps (root) {
  assertComplete(root)

  return [
    setup(root, 'npm', { isVital: true }),
    setup(root, 'native', {}),
    setup(root, 'ts', {}),
    ...cargoSteps(root),
    ...scriptSteps(root, 'lint'),
    step({ name: 'lint scripts', file: 'npm', args: ['run', 'lint:scripts'], cwd: root }),
    ...typecheckSteps(root),
    ...scriptSteps(root, 'dep-check'),
    step({ name: 'lock file', file: process.execPath, args: ['scripts/complete-lock.mjs', '--check'], cwd: root }),
    step({ name: 'test scripts', file: 'npm', args: ['run', 'test:scripts'], cwd: root, harness: 'mocha' }),
    step({ name: 'packed tarballs', file: 'npm', args: ['run', 'test:tarball'], cwd: root, harness: 'mocha', timeoutMs: 10 * MINUTE_MS }),
    ...suiteSteps(root, 'test:e2e', { isAlone: false }),
    step({ name: 'cargo test', file: 'cargo', args: ['test', '--workspace', '--locked', '--no-fail-fast'], cwd: path.join(root, NATIVE), harness: 'cargo', lane: 'cargo', isAlone: true, timeoutMs: 15 * MINUTE_MS }),
    // they measure time
    ...suiteSteps(root, 'test:node', { isAlone: true })
  ]
}

/**
 * @param {Partial<CheckStep> & Pick<CheckStep, 'name' | 'file' | 'args' | 'cwd'>} init
 * @returns {CheckStep}
 */
function step (init) {
  return { timeoutMs: 5 * MINUTE_MS, ...init }
}

/**
 * @param {string} root
 * @param {string} kind
 * @param {Partial<CheckStep>} init
 */
function setup (root, kind, init) {
  return step({ name: `setup ${kind}`, file: process.execPath, args: ['scripts/setup.mjs', '--only', kind], cwd: root, timeoutMs: 20 * MINUTE_MS, isAlone: true, ...init })
}

/**
 * @param {string} root
 */
function cargoSteps (root) {
  const cargo = { file: 'cargo', cwd: path.join(root, NATIVE), lane: 'cargo', timeoutMs: 15 * MINUTE_MS }

  return [
    step({ ...cargo, name: 'cargo fmt', args: ['fmt', '--all', '--check'] }),
    step({ ...cargo, name: 'cargo clippy', args: ['clippy', '--workspace', '--all-targets', '--locked', '--', '-D', 'warnings'] })
  ]
}

/**
 * @param {string} root
 * @param {string} script
 */
function scriptSteps (root, script) {
  return foldersWith(script).map(folder => step({ name: `${script} ${folder}`, file: 'npm', args: ['run', script], cwd: path.join(root, folder) }))
}

/**
 * @param {string} root
 * @param {string} script
 * @param {{ isAlone: boolean }} init
 */
function suiteSteps (root, script, { isAlone }) {
  return foldersWith(script).map(folder => step({
    name: `${script} ${folder}`,
    file: 'npm',
    args: ['run', script],
    cwd: path.join(root, folder),
    harness: 'mocha',
    isAlone,
    timeoutMs: 10 * MINUTE_MS
  }))
}

/**
 * @param {string} root
 */
function typecheckSteps (root) {
  const folders = [...Object.keys(WORKSPACES).filter(folder => WORKSPACES[folder].typecheck), 'scripts']

  return folders.map(folder => step({
    name: `typecheck ${folder}`,
    file: path.join(root, 'node_modules/.bin/tsc'),
    args: ['--noEmit', '-p', '.'],
    cwd: path.join(root, folder),
    // a type check and a build of the same folder share a file on disk
    lane: folder
  }))
}

/**
 * @param {string} script
 */
function foldersWith (script) {
  return Object.keys(WORKSPACES).filter(folder => WORKSPACES[folder].scripts.includes(script))
}

/**
 * @param {string} root
 */
function assertComplete (root) {
  const unknown = workspaceFolders(root).filter(folder => WORKSPACES[folder] == null)

  if (unknown.length > 0) {
    throw new Error(`nothing is known of how to check ${unknown.join(', ')}: add it to scripts/check/steps.mjs`)
  }

  for (const [folder, { scripts }] of Object.entries(WORKSPACES)) {
    const manifest = path.join(root, folder, 'package.json')

    if (!existsSync(manifest)) {
      throw new Error(`${folder}/package.json is missing`)
    }

    const present = JSON.parse(readFileSync(manifest, 'utf8')).scripts ?? {}
    const missing = scripts.filter(script => present[script] == null)

    if (missing.length > 0) {
      throw new Error(`${folder} has no script ${missing.join(', ')}`)
    }
  }
}
