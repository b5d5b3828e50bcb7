import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'

/** Folders that hold results or what npm and cargo fetched, never sources. */
export const IGNORED_FOLDERS = new Set(['node_modules', 'dist', 'target', '.cache', '.coverage', '.docs'])

/**
 * @typedef {object} Fingerprint
 * @property {string} hash - of the paths and contents of all files, and of the extra words
 * @property {string[]} files - the paths, relative to the root and sorted
 */

/**
 * Sums up the content of files, and of all files below folders. Times play no part, so that a checkout or a touch is no
 * change; a path that does not exist is left out, so that its appearance is one.
 *
 * @param {string} root
 * @param {string[]} paths - relative to the root
 * @param {string[]} [extra] - whatever else the result depends on
 * @returns {Fingerprint}
 */
export function fingerprint (root, paths, extra = []) {
  const files = paths.flatMap(name => filesBelow(root, name)).sort()
  const hash = createHash('sha256')

  for (const word of extra) {
    hash.update(`${word.length} ${word} `)
  }

  for (const file of files) {
    const content = readFileSync(path.join(root, file))
    hash.update(`${file.length} ${file} ${content.length} `).update(content)
  }

  return { hash: hash.digest('hex'), files }
}

/**
 * @param {string} root
 * @param {string} name
 * @returns {string[]}
 */
function filesBelow (root, name) {
  try {
    return readdirSync(path.join(root, name), { withFileTypes: true })
      .filter(entry => !IGNORED_FOLDERS.has(entry.name) && (entry.isDirectory() || entry.isFile()))
      .flatMap(entry => entry.isDirectory() ? filesBelow(root, `${name}/${entry.name}`) : [`${name}/${entry.name}`])
  } catch (err) {
    switch (/** @type {NodeJS.ErrnoException} */ (err).code) {
      case 'ENOTDIR': return [name]
      case 'ENOENT': return []
      default: throw err
    }
  }
}
