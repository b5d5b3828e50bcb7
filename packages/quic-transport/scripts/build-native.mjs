#!/usr/bin/env node
/**
 * Builds the native addon and puts it at the package root, under the name that `src/load-binding.ts` looks for. Needs
 * cargo.
 *
 *   --debug            without optimisation
 *   --platform <name>  for another platform of the table in `src/platform.ts`
 *   --glibc <version>  the oldest glibc that it shall run on; needs cargo-zigbuild and zig, as do the musl platforms
 */

import { spawnSync } from 'node:child_process'
import { copyFileSync, renameSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { PLATFORMS, addonFile, platformName } from './platforms.mjs'

const LIBRARIES = {
  darwin: 'libquicmesh_quic.dylib',
  linux: 'libquicmesh_quic.so',
  win32: 'quicmesh_quic.dll'
}

const { values: options } = parseArgs({
  options: { debug: { type: 'boolean', default: false }, platform: { type: 'string' }, glibc: { type: 'string' } }
})
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const native = join(root, 'native')
const name = options.platform ?? platformName()
const platform = PLATFORMS.find(platform => platform.name === name)

if (options.platform != null && platform == null) {
  console.error(`there is no platform ${name}, only ${PLATFORMS.map(({ name }) => name).join(', ')}`)
  process.exit(1)
}

const rustTarget = options.platform == null ? undefined : platform.rustTarget
const isZig = options.glibc != null || (rustTarget != null && platform.libc === 'musl')
const build = spawnSync('cargo', [
  isZig ? 'zigbuild' : 'build', '--locked', '-p', 'quicmesh-quic-binding',
  ...(options.debug ? [] : ['--release']),
  ...(rustTarget == null ? [] : ['--target', options.glibc == null ? rustTarget : `${rustTarget}.${options.glibc}`])
], { cwd: native, stdio: 'inherit', env: buildEnvironment() })

if (build.error?.code === 'ENOENT') {
  console.error('cargo was not found: the native addon needs a Rust toolchain, see https://rustup.rs')
  process.exit(1)
}

if (build.status !== 0) {
  process.exit(build.status ?? 1)
}

const target = process.env.CARGO_TARGET_DIR ?? join(native, 'target')
const library = join(target, rustTarget ?? '', options.debug ? 'debug' : 'release', LIBRARIES[platform?.os ?? process.platform] ?? LIBRARIES.linux)
const addon = join(root, addonFile(name))

// a process that has the old file loaded keeps it
copyFileSync(library, `${addon}.tmp`)
renameSync(`${addon}.tmp`, addon)
console.info(`built ${addon}`)

function buildEnvironment () {
  if (platform?.libc !== 'musl') {
    return process.env
  }

  // a shared library needs the C library of the process that loads it
  return { ...process.env, RUSTFLAGS: `${process.env.RUSTFLAGS ?? ''} -C target-feature=-crt-static`.trim() }
}
