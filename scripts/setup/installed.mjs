import { readFileSync } from 'node:fs'
import path from 'node:path'

const DEPENDENCY_FIELDS = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies']
/** What npm reads of a manifest when it installs. */
const INSTALL_FIELDS = [...DEPENDENCY_FIELDS, 'workspaces', 'overrides', 'allowScripts']

/**
 * @typedef {Record<string, Record<string, string> | undefined>} DependencyFields
 * @typedef {{ version?: string, integrity?: string }} InstalledPackage
 */

/**
 * What an installation depends on in the manifests: an edited script or description is no reason to install again.
 *
 * @param {string} root
 * @param {string[]} folders - relative to the root
 * @returns {string}
 */
export function installFields (root, folders) {
  return JSON.stringify(folders.map(folder => {
    const manifest = readJson(root, folder, 'package.json')

    return [folder, manifest.name, ...INSTALL_FIELDS.map(field => manifest[field])]
  }))
}

/**
 * Whether node_modules holds what the lock file says and the lock file what the manifests say, as it is after somebody's own
 * `npm install`.
 *
 * @param {string} root
 * @param {string[]} folders - the root and the workspaces, relative to the root
 * @returns {boolean}
 */
export function isInstalled (root, folders) {
  try {
    const locked = readJson(root, '.', 'package-lock.json').packages
    // npm writes it last, and removes it first
    const installed = readJson(root, 'node_modules', '.package-lock.json').packages

    return folders.every(folder => agrees(readJson(root, folder, 'package.json'), locked[folder === '.' ? '' : folder])) &&
      Object.entries(locked).every(([location, entry]) => {
        const isPackage = location.includes('node_modules/') && entry.link !== true

        return !isPackage || (installed[location] == null ? entry.optional === true : isSame(entry, installed[location]))
      })
  } catch {
    return false
  }
}

/**
 * @param {DependencyFields} manifest
 * @param {DependencyFields | undefined} entry - of the lock file
 */
function agrees (manifest, entry) {
  return entry != null && DEPENDENCY_FIELDS.every(field => sorted(manifest[field]) === sorted(entry[field]))
}

/**
 * @param {InstalledPackage} entry
 * @param {InstalledPackage} other
 */
function isSame (entry, other) {
  return entry.version === other.version && (entry.integrity == null || entry.integrity === other.integrity)
}

/**
 * @param {Record<string, string>} [dependencies]
 */
function sorted (dependencies = {}) {
  return JSON.stringify(Object.entries(dependencies).sort())
}

/**
 * @param {string} root
 * @param {string} folder
 * @param {string} name
 */
function readJson (root, folder, name) {
  return JSON.parse(readFileSync(path.join(root, folder, name), 'utf8'))
}
