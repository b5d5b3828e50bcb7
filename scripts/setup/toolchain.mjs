import { spawnSync } from 'node:child_process'

const MIN_NODE_MAJOR = 20

/** Something that has to be installed by hand; the message says how. */
export class ToolchainError extends Error {}

/**
 * @param {string} [version] - a version of Node
 * @throws {ToolchainError} when this Node cannot run the setup
 */
export function checkNode (version = process.versions.node) {
  if (Number(version.split('.')[0]) < MIN_NODE_MAJOR) {
    throw new ToolchainError(`Node ${version} is too old to start from: ${MIN_NODE_MAJOR} or newer is needed (the one that the project runs on is then installed by npm).`)
  }
}

/**
 * @param {string} workspaceManifest - the text of a Cargo.toml that says the `rust-version` it needs
 * @param {string | undefined} [versionLine] - what `cargo --version` prints, undefined if there is no cargo
 * @throws {ToolchainError} when there is no cargo or it is too old
 */
export function checkCargo (workspaceManifest, versionLine = outputOf('cargo', ['--version'])) {
  const needed = /^rust-version\s*=\s*"(\d+)\.(\d+)/m.exec(workspaceManifest)?.slice(1).map(Number) ?? [1, 85]
  const howTo = `Install Rust ${needed.join('.')} or newer, then run this again:

    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh

or, with rustup there already:  rustup update stable
or, with cargo in ~/.cargo/bin: put that on PATH
`

  if (versionLine == null) {
    throw new ToolchainError(`cargo was not found: it is needed to build the native QUIC binding.\n${howTo}`)
  }

  const [, major, minor] = /^cargo (\d+)\.(\d+)/.exec(versionLine)?.map(Number) ?? [0, 0, 0]

  if (major < needed[0] || (major === needed[0] && minor < needed[1])) {
    throw new ToolchainError(`'${versionLine.trim()}' is too old to build the native QUIC binding.\n${howTo}`)
  }
}

/**
 * @throws {ToolchainError} when there is no C compiler
 */
export function checkCompiler () {
  if (process.platform !== 'win32' && process.env.CC == null && outputOf('cc', ['--version']) == null) {
    throw new ToolchainError('cc was not found: a C compiler and linker are needed to build the native QUIC binding (on Debian: apt-get install gcc libc6-dev).')
  }
}

/**
 * @param {string} file
 * @param {string[]} args
 */
function outputOf (file, args) {
  const { status, stdout } = spawnSync(file, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })

  return status === 0 ? stdout : undefined
}
