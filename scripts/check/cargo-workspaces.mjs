import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { IGNORED_FOLDERS } from '../setup/fingerprint.mjs'

/**
 * The folders whose `Cargo.toml` begins a workspace, relative to the root and sorted.
 *
 * @param {string} root
 * @param {string[]} folders - where to look, relative to the root
 * @returns {string[]}
 */
export function cargoWorkspaces (root, folders) {
  return folders.flatMap(folder => {
    const entries = readdirSync(path.join(root, folder), { withFileTypes: true })
    const isWorkspace = entries.some(({ name }) => name === 'Cargo.toml') &&
      /^\[workspace\]/m.test(readFileSync(path.join(root, folder, 'Cargo.toml'), 'utf8'))
    const below = entries
      .filter(entry => entry.isDirectory() && !IGNORED_FOLDERS.has(entry.name))
      .map(({ name }) => `${folder}/${name}`)

    return [...(isWorkspace ? [folder] : []), ...cargoWorkspaces(root, below)]
  }).sort()
}
