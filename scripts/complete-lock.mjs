#!/usr/bin/env node
// Adds what a registry without foreign platforms leaves out of package-lock.json.
//
// `npm ci` refuses a lock file in which an optional dependency has no entry, and npm writes no entry for a package that
// the registry at hand does not carry (prebuilt binaries of other platforms, as a rule). Each missing entry is implied by
// its dependent: an exact version, and the platform in the package's name. `npm ci` never fetches it where it does not fit.
//
//   node scripts/complete-lock.mjs          completes package-lock.json in place
//   node scripts/complete-lock.mjs --check  exits 1 if an entry is missing, writes nothing

import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const LOCK_FILE = path.resolve(import.meta.dirname ?? path.dirname(fileURLToPath(import.meta.url)), '..', 'package-lock.json')
const EXACT_VERSION = /^\d+\.\d+\.\d+(?:-[\w.-]+)?$/
const OS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const CPU = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64']
const LIBC = new Map([['gnu', 'glibc'], ['glibc', 'glibc'], ['gnueabihf', 'glibc'], ['musl', 'musl'], ['musleabihf', 'musl']])

/**
 * An entry of a lock file, as far as it matters here.
 *
 * @typedef {{ version?: string, dev?: boolean, optional?: boolean, optionalDependencies?: Record<string, string>, os?: string[], cpu?: string[], libc?: string[] }} LockEntry
 * @typedef {Record<string, LockEntry>} LockEntries
 */

/**
 * The lock entries that optional dependencies ask for and that are not there, by the key that npm would give them.
 *
 * @param {LockEntries} packages - the `packages` object of a lock file
 * @returns {Map<string, LockEntry>}
 */
export function missingEntries (packages) {
  /** @type {Map<string, LockEntry>} */
  const missing = new Map()

  for (const [dependent, entry] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const resolved = resolve(packages, dependent, name)

      if (resolved != null && (!EXACT_VERSION.test(version) || resolved.version === version)) {
        continue
      }

      if (!EXACT_VERSION.test(version)) {
        throw new Error(`${dependent} asks for ${name}@${version}, which is no exact version: nothing can be derived from it`)
      }

      const key = resolved == null && missing.get(`node_modules/${name}`) == null
        ? `node_modules/${name}`
        : `${dependent}/node_modules/${name}`

      missing.set(key, { version, ...platformOf(name), ...(entry.dev === true ? { dev: true } : {}), optional: true })
    }
  }

  return missing
}

/**
 * Adds the entries where npm would sort them.
 *
 * @param {LockEntries} packages
 * @param {Map<string, LockEntry>} missing
 * @returns {LockEntries}
 */
export function withEntries (packages, missing) {
  return Object.fromEntries([...Object.entries(packages), ...missing].sort(([a], [b]) => a.localeCompare(b, 'en')))
}

/**
 * @param {LockEntries} packages
 * @param {string} dependent
 * @param {string} name
 */
function resolve (packages, dependent, name) {
  for (let folder = dependent; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const found = packages[folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`]

    if (found != null || folder === '') {
      return found
    }
  }
}

/**
 * @param {string} name
 */
function platformOf (name) {
  const words = name.split(/[/@-]/)
  const os = OS.filter(word => words.includes(word))
  const cpu = CPU.filter(word => words.includes(word))
  const libc = [...LIBC].filter(([word]) => words.includes(word)).map(([, value]) => value)

  if (os.length + cpu.length === 0) {
    throw new Error(`${name} does not say its platform: install it where the registry has it`)
  }

  return { ...(cpu.length > 0 ? { cpu } : {}), ...(libc.length > 0 ? { libc } : {}), ...(os.length > 0 ? { os } : {}) }
}

function main () {
  const lock = JSON.parse(readFileSync(LOCK_FILE, 'utf8'))
  const missing = missingEntries(lock.packages)

  if (missing.size === 0) {
    return
  }

  if (process.argv.includes('--check')) {
    process.stderr.write(`package-lock.json lacks ${missing.size} entries, so that \`npm ci\` would refuse it:\n`)
    process.stderr.write([...missing.keys()].map(key => `  ${key}\n`).join(''))
    process.stderr.write('Run `node scripts/complete-lock.mjs` and commit the result.\n')
    process.exitCode = 1
    return
  }

  lock.packages = withEntries(lock.packages, missing)
  writeFileSync(LOCK_FILE, `${JSON.stringify(lock, null, 2)}\n`)
  process.stderr.write(`package-lock.json: added ${missing.size} entries of other platforms\n`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main()
}
