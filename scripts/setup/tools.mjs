import { accessSync, constants } from 'node:fs'
import path from 'node:path'
import { ToolchainError } from './toolchain.mjs'

/**
 * Programs that tests call and that neither npm nor cargo brings.
 *
 * @type {Array<{ command: string, debianPackage: string, brewFormula?: string, purpose: string }>}
 */
const ALL_TOOLS = [
  { command: 'tshark', debianPackage: 'tshark', brewFormula: 'wireshark', purpose: 'a test decrypts a capture with the key log of the QUIC transport' },
  { command: 'redis-server', debianPackage: 'redis-server', brewFormula: 'redis', purpose: 'listener and dialer of the interop tests meet there' },
  // Linux alone has network namespaces
  { command: 'ip', debianPackage: 'iproute2', purpose: 'the interop tests put each peer into a network namespace' }
]

const TOOLS = ALL_TOOLS.filter(({ brewFormula }) => process.platform === 'linux' || brewFormula != null)

/** Where they come from on Debian and its likes. */
export const DEBIAN_PACKAGES = TOOLS.map(({ debianPackage }) => debianPackage)

/**
 * @param {string} [searchPath] - folders to look in
 * @returns {string[]} the commands that are not there
 */
export function missingTools (searchPath = process.env.PATH) {
  return TOOLS.map(({ command }) => command).filter(command => !isOnPath(command, searchPath))
}

/**
 * @param {string[]} missing - commands
 * @param {{ isRoot: boolean, hasApt: boolean }} [host]
 * @throws {ToolchainError} when they are missing and this machine or user can't install them unasked
 */
export function checkInstallable (missing, { isRoot, hasApt } = thisHost()) {
  if (missing.length === 0 || (isRoot && hasApt)) {
    return
  }

  const reasons = TOOLS.filter(({ command }) => missing.includes(command)).map(({ command, purpose }) => `${command} was not found: ${purpose}.`)
  const formulas = ALL_TOOLS.flatMap(({ brewFormula }) => brewFormula ?? [])
  const howTo = hasApt ? `sudo apt-get install ${DEBIAN_PACKAGES.join(' ')}` : `brew install ${formulas.join(' ')}, or the like of it`

  throw new ToolchainError(`${reasons.join('\n')}\nInstall it, then run this again:  ${howTo}`)
}

function thisHost () {
  return { isRoot: process.getuid?.() === 0, hasApt: isOnPath('apt-get', process.env.PATH) }
}

/**
 * @param {string} command
 * @param {string} [searchPath]
 */
function isOnPath (command, searchPath = '') {
  return searchPath.split(path.delimiter).some(folder => {
    try {
      accessSync(path.join(folder, command), constants.X_OK)

      return true
    } catch {
      return false
    }
  })
}
