#!/usr/bin/env node
/**
 * Builds the native addon for this machine and puts it at the package root, under the name that `src/native.ts` looks
 * for. Needs cargo. `--debug` builds without optimisation.
 */

import { spawnSync } from 'node:child_process'
import { copyFileSync, renameSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const LIBRARIES = {
  darwin: 'libquicmesh_quic.dylib',
  win32: 'quicmesh_quic.dll'
}

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const native = join(root, 'native')
const isDebug = process.argv.includes('--debug')
const args = ['build', '--locked', '-p', 'quicmesh-quic-binding', ...(isDebug ? [] : ['--release'])]
const build = spawnSync('cargo', args, { cwd: native, stdio: 'inherit' })

if (build.error?.code === 'ENOENT') {
  console.error('cargo was not found: the native addon needs a Rust toolchain, see https://rustup.rs')
  process.exit(1)
}

if (build.status !== 0) {
  process.exit(build.status ?? 1)
}

const target = process.env.CARGO_TARGET_DIR ?? join(native, 'target')
const library = join(target, isDebug ? 'debug' : 'release', LIBRARIES[process.platform] ?? 'libquicmesh_quic.so')
const addon = join(root, `quic-transport.${platformName()}.node`)

// a process that has the old file loaded keeps it
copyFileSync(library, `${addon}.tmp`)
renameSync(`${addon}.tmp`, addon)
console.info(`built ${addon}`)

/** As in `src/native.ts`. */
function platformName () {
  const { platform, arch } = process

  if (platform === 'win32') {
    return `win32-${arch}-msvc`
  }

  if (platform !== 'linux') {
    return `${platform}-${arch}`
  }

  const isMusl = process.report.getReport().header.glibcVersionRuntime == null

  return `linux-${arch}-${isMusl ? 'musl' : 'gnu'}${arch === 'arm' ? 'eabihf' : ''}`
}
