import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { workspaceFolders } from '../setup/steps.mjs'
import { cargoWorkspaces } from './cargo-workspaces.mjs'

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
  'packages/interop': { scripts: ['lint', 'dep-check', 'build:peers', 'test:node', 'test:override', 'interop:ci'], typecheck: true },
  benchmarks: { scripts: ['lint', 'dep-check', 'build:raw-quinn', 'test:node', 'bench:guard'], typecheck: true },
  'examples/local-mesh': { scripts: ['lint', 'dep-check', 'test:node', 'test:e2e'], typecheck: true }
}

/**
 * What is checked in each Cargo workspace; here, too, one that is not known is a failure. `isTimed`: its tests measure time.
 * `onlyOn`: it compiles nowhere else.
 *
 * @type {Record<string, { checks: Array<keyof typeof CARGO_CHECKS>, isTimed?: boolean, onlyOn?: NodeJS.Platform }>}
 */
const CARGO_WORKSPACES = {
  [NATIVE]: { checks: ['fmt', 'clippy', 'test'], isTimed: true },
  [`${NATIVE}/fuzz`]: { checks: ['fmt', 'clippy', 'test'] },
  [`${NATIVE}/tls/differential`]: { checks: ['fmt', 'clippy', 'test'] },
  'benchmarks/raw-quinn': { checks: ['fmt', 'clippy'] },
  'packages/interop/peers/rust': { checks: ['fmt', 'clippy', 'test'] },
  'packages/interop/netsim': { checks: ['fmt', 'clippy', 'test'], onlyOn: 'linux' }
}

/** From nothing, aws-lc included, on two processors that something else uses too. */
const CARGO_TIMEOUT_MS = 20 * MINUTE_MS

/** Twice what it takes when all peers are built. */
const INTEROP_TIMEOUT_MS = 20 * MINUTE_MS

/** For cells that run to end, their programs first, and then their namespaces. */
const INTEROP_KILL_DELAY_MS = 20 * SECOND_MS

/** Three tries, each of which takes twice as long as on the machine on which this was written. */
const GUARD_TIMEOUT_MS = 15 * MINUTE_MS

/** Of the values in benchmarks/guard.json: ratios differ between systems. */
const GUARD_PLATFORM = 'linux x64'

/** All workspaces build into one folder: what they depend on is mostly the same. */
const CARGO_TARGET = `${NATIVE}/target`

const CARGO_CHECKS = {
  fmt: ['fmt', '--all', '--check'],
  clippy: ['clippy', '--workspace', '--all-targets', '--locked', '--', '-D', 'warnings'],
  test: ['test', '--workspace', '--locked', '--no-fail-fast']
}

/**
 * @typedef {object} CheckStep
 * @property {string} name - for people, and for the log file
 * @property {string} file - program to run
 * @property {string[]} args - its arguments
 * @property {string} cwd - where
 * @property {NodeJS.ProcessEnv} [env] - what it gets beside the environment of the run
 * @property {number} timeoutMs - after that it has failed
 * @property {number} [killDelayMs] - for what it has to tidy up then; if it is not given, what `runCommand` gives
 * @property {import('./counts.mjs').Harness} [harness] - how the tests in it are counted, if it runs tests
 * @property {string} [lane] - steps of one lane never run at the same time
 * @property {boolean} [isAlone] - nothing else runs beside it: it measures time, or needs the processors
 * @property {boolean} [isVital] - if it fails, nothing that follows can be run
 */

/**
 * All checks, in the order in which they are reported.
 *
 * @param {string} root
 * @param {NodeJS.Platform} [platform] - to check on
 * @param {NodeJS.Architecture} [arch] - of its processor
 * @returns {CheckStep[]}
 * @throws {Error} when a workspace or a script is missing
 */
export function checkSteps (root, platform = process.platform, arch = process.arch) {
  assertComplete(root)

  return [
    setup(root, 'npm', { isVital: true }),
    setup(root, 'tools', {}),
    setup(root, 'native', {}),
    setup(root, 'ts', {}),
    ...cargoSteps(root, 'fmt', platform),
    ...cargoSteps(root, 'clippy', platform),
    ...cargoSteps(root, 'test', platform).filter(({ isAlone }) => isAlone !== true),
    // what a benchmark's test would otherwise wait for
    ...scriptSteps(root, 'build:raw-quinn', { lane: 'cargo', timeoutMs: CARGO_TIMEOUT_MS }),
    ...scriptSteps(root, 'build:peers', { lane: 'cargo', timeoutMs: CARGO_TIMEOUT_MS }),
    ...scriptSteps(root, 'lint'),
    step({ name: 'lint scripts', file: 'npm', args: ['run', 'lint:scripts'], cwd: root }),
    ...typecheckSteps(root),
    ...scriptSteps(root, 'dep-check'),
    step({ name: 'lock file', file: process.execPath, args: ['scripts/complete-lock.mjs', '--check'], cwd: root }),
    step({ name: 'test scripts', file: 'npm', args: ['run', 'test:scripts'], cwd: root, harness: 'mocha' }),
    step({ name: 'packed tarballs', file: 'npm', args: ['run', 'test:tarball'], cwd: root, harness: 'mocha', timeoutMs: 10 * MINUTE_MS }),
    ...suiteSteps(root, 'test:e2e', { isAlone: false }),
    // they measure time
    ...cargoSteps(root, 'test', platform).filter(({ isAlone }) => isAlone === true),
    ...suiteSteps(root, 'test:node', { isAlone: true }),
    ...scriptSteps(root, 'interop:ci', { harness: 'interop', isAlone: true, timeoutMs: INTEROP_TIMEOUT_MS, killDelayMs: INTEROP_KILL_DELAY_MS }),
    ...(`${platform} ${arch}` === GUARD_PLATFORM ? scriptSteps(root, 'bench:guard', { harness: 'guard', isAlone: true, timeoutMs: GUARD_TIMEOUT_MS }) : [])
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
 * @param {keyof typeof CARGO_CHECKS} check
 * @param {NodeJS.Platform} platform
 */
function cargoSteps (root, check, platform) {
  const isWanted = (/** @type {typeof CARGO_WORKSPACES[string]} */ { checks, onlyOn = platform }) => checks.includes(check) && onlyOn === platform

  return Object.entries(CARGO_WORKSPACES).filter(([, workspace]) => isWanted(workspace)).map(([folder, { isTimed = false }]) => step({
    name: `cargo ${check} ${folder}`,
    file: 'cargo',
    args: CARGO_CHECKS[check],
    cwd: path.join(root, folder),
    env: { CARGO_TARGET_DIR: path.join(root, CARGO_TARGET) },
    lane: 'cargo',
    timeoutMs: CARGO_TIMEOUT_MS,
    ...(check === 'test' ? { harness: 'cargo', isAlone: isTimed } : {})
  }))
}

/**
 * @param {string} root
 * @param {string} script
 * @param {Partial<CheckStep>} [init]
 */
function scriptSteps (root, script, init) {
  return foldersWith(script).map(folder => step({ name: `${script} ${folder}`, file: 'npm', args: ['run', script], cwd: path.join(root, folder), ...init }))
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

  const unknownCargo = cargoWorkspaces(root, workspaceFolders(root)).filter(folder => CARGO_WORKSPACES[folder] == null)

  if (unknownCargo.length > 0) {
    throw new Error(`nothing is known of how to check the Cargo workspace ${unknownCargo.join(', ')}: add it to scripts/check/steps.mjs`)
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
