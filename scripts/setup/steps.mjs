import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { installFields, isInstalled } from './installed.mjs'
import { checkCargo, checkCompiler } from './toolchain.mjs'
import { DEBIAN_PACKAGES, checkInstallable, missingTools } from './tools.mjs'

/** In the order in which they depend on each other; the others build on these. */
const LIBRARIES = ['packages/gossipsub', 'packages/quic-transport']
const MIN_RUNTIME_MAJOR = 22
const QUIC_PACKAGE = 'packages/quic-transport'

/**
 * @typedef {object} Step
 * @property {'npm' | 'native' | 'ts' | 'tools'} kind - what `--only` selects by
 * @property {boolean} [isForTests] - whether it is done only when `--only` asks for it
 * @property {string} name - for people
 * @property {string} stampName - file name of the stamp
 * @property {string[]} inputs - files and folders that the result depends on
 * @property {string[]} [extra] - whatever else it depends on
 * @property {() => boolean} isDone - whether the result is there, whatever it was made from
 * @property {() => boolean} [isAlreadyDone] - whether somebody has done by hand what the step would do now
 * @property {() => void} [check] - throws when the step cannot be run here
 * @property {(hasLostFiles: boolean) => void} [prepare] - removes what would survive wrongly
 * @property {{ file: string, args: string[], cwd: string, env?: NodeJS.ProcessEnv }} command - what makes it
 * @property {() => { file: string, args: string[], cwd: string, env?: NodeJS.ProcessEnv } | undefined} [repair] - a second
 * command if the result is not there after the first
 */

/**
 * What it takes to get from a clone to something that runs.
 *
 * @param {string} root
 * @returns {Step[]}
 */
export function setupSteps (root) {
  const workspaces = workspaceFolders(root)

  return [
    npmStep(root, workspaces),
    nativeStep(root),
    ...buildOrder(root, workspaces).map(folder => buildStep(root, folder)),
    toolsStep(root)
  ]
}

/**
 * The folders of all workspaces, relative to the root.
 *
 * @param {string} root
 * @returns {string[]}
 */
export function workspaceFolders (root) {
  /** @type {string[]} */
  const patterns = readManifest(root, '.').workspaces

  return patterns.flatMap(pattern => {
    const parent = pattern.replace(/\/\*$/, '')
    const folders = pattern.endsWith('/*') ? readdirSync(path.join(root, parent)).map(name => `${parent}/${name}`) : [pattern]

    return folders.filter(folder => existsSync(path.join(root, folder, 'package.json'))).sort()
  })
}

/**
 * @param {string} root
 * @param {string[]} workspaces
 * @returns {Step}
 */
function npmStep (root, workspaces) {
  const hasLock = existsSync(path.join(root, 'package-lock.json'))
  const env = withoutOwnBinaries(root)

  return {
    kind: 'npm',
    name: 'npm packages',
    stampName: 'npm',
    inputs: ['package-lock.json'],
    extra: [installFields(root, ['.', ...workspaces])],
    isDone: () => existsSync(path.join(root, 'node_modules/.package-lock.json')) && runtimeMajor(root) >= MIN_RUNTIME_MAJOR,
    isAlreadyDone: () => isInstalled(root, ['.', ...workspaces]),
    // --include=dev: NODE_ENV=production must not leave out what builds the project
    command: { file: 'npm', args: [hasLock ? 'ci' : 'install', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], cwd: root, env },
    // the Node that the project runs on comes by an install script, which a user's npm may be told to skip
    repair: () => ({ file: 'npm', args: ['rebuild', 'node', '--ignore-scripts=false', '--loglevel=error'], cwd: root, env })
  }
}

/**
 * @param {string} root
 * @returns {Step}
 */
function nativeStep (root) {
  const folder = path.join(root, QUIC_PACKAGE)

  return {
    kind: 'native',
    name: 'native binding (cargo, release)',
    stampName: `native-${process.platform}-${process.arch}`,
    inputs: nativeSources(root).map(name => `${QUIC_PACKAGE}/${name}`),
    isDone: () => readdirSync(folder).some(name => name.endsWith('.node')),
    check: () => {
      checkCargo(readFileSync(path.join(folder, 'native/Cargo.toml'), 'utf8'))
      checkCompiler()
    },
    command: { file: 'npm', args: ['run', 'build:native'], cwd: folder }
  }
}

/**
 * What the addon is made from: not the tests of its crates, nor the workspaces that only test them.
 *
 * @param {string} root
 */
function nativeSources (root) {
  const [, members] = /^members = \[(.*?)\]/ms.exec(readFileSync(path.join(root, QUIC_PACKAGE, 'native/Cargo.toml'), 'utf8')) ?? []

  if (members == null) {
    throw new Error(`${QUIC_PACKAGE}/native/Cargo.toml does not say its members`)
  }

  return [
    'native/Cargo.toml',
    'native/Cargo.lock',
    ...[...members.matchAll(/"(.+?)"/g)].flatMap(([, member]) => ['Cargo.toml', 'build.rs', 'src'].map(name => `native/${member}/${name}`)),
    'scripts/build-native.mjs',
    'scripts/platforms.mjs',
    'src/platform.ts',
    'package.json'
  ]
}

/**
 * @param {string} root
 * @param {string} folder
 * @returns {Step}
 */
function buildStep (root, folder) {
  const dist = path.join(root, folder, 'dist')

  return {
    kind: 'ts',
    name: `build ${folder}`,
    stampName: `ts-${folder.replaceAll('/', '-')}`,
    inputs: [
      ...['src', 'test', 'package.json', 'tsconfig.json'].map(name => `${folder}/${name}`),
      // what a build is built on and with
      ...LIBRARIES.filter(library => library !== folder && dependsOn(root, folder, library)).map(library => `${library}/src`),
      'package-lock.json'
    ],
    isDone: () => existsSync(path.join(dist, 'src')),
    // an incremental build leaves the output of removed sources, and believes in output that was removed
    prepare: hasLostFiles => {
      if (hasLostFiles || !existsSync(path.join(dist, 'src'))) {
        rmSync(dist, { recursive: true, force: true })
      }
    },
    command: { file: 'npm', args: ['run', 'build'], cwd: path.join(root, folder) }
  }
}

/**
 * @param {string} root
 * @returns {Step}
 */
function toolsStep (root) {
  return {
    kind: 'tools',
    isForTests: true,
    name: `programs that tests call (${DEBIAN_PACKAGES.join(', ')})`,
    stampName: 'tools',
    inputs: [],
    isDone: () => missingTools().length === 0,
    isAlreadyDone: () => true,
    check: () => checkInstallable(missingTools()),
    command: {
      file: 'sh',
      args: ['-c', `apt-get update -q && apt-get install -q -y --no-install-recommends ${DEBIAN_PACKAGES.join(' ')}`],
      cwd: root,
      // in run level 1 a package's daemon is installed but not started: tests start their own Redis
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
    }
  }
}

/**
 * The libraries, and what else is published. The rest runs from its sources.
 *
 * @param {string} root
 * @param {string[]} workspaces
 */
function buildOrder (root, workspaces) {
  return [
    ...LIBRARIES,
    ...workspaces.filter(folder => !LIBRARIES.includes(folder) && readManifest(root, folder).private !== true)
  ]
}

/**
 * @param {string} root
 * @param {string} folder
 * @param {string} library
 */
function dependsOn (root, folder, library) {
  const { dependencies, devDependencies } = readManifest(root, folder)

  return Object.hasOwn({ ...dependencies, ...devDependencies }, readManifest(root, library).name)
}

/**
 * @param {string} root
 * @param {string} folder
 */
function readManifest (root, folder) {
  return JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8'))
}

/**
 * @param {string} root
 */
function runtimeMajor (root) {
  // npm links it as a file of its own; to run it is the one way to know that it is whole
  const { stdout } = spawnSync(path.join(root, 'node_modules/.bin/node'), ['-v'], { encoding: 'utf8' })

  return Number(/^v(\d+)/.exec(stdout ?? '')?.[1] ?? 0)
}

/**
 * While npm replaces node_modules, neither it nor what it calls may run on the Node that is in there.
 *
 * @param {string} root
 */
function withoutOwnBinaries (root) {
  const own = path.join(root, 'node_modules')
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter(folder => !folder.startsWith(own))

  return { ...process.env, PATH: folders.join(path.delimiter) }
}
