#!/usr/bin/env node
/**
 * Looks for memory errors in the native code, under AddressSanitizer: `npm run sanitize -- [rust|addon]`, both by default.
 *
 * - rust: the tests of the crates, with leak detection
 * - addon: the addon inside Node.js, under the package's tests of streams, of closing and of the promises; without leak
 *   detection, as Node.js itself ends without letting go of everything
 *
 * Needs cargo on Linux, and gcc's AddressSanitizer runtime for the addon. The C and assembler parts of the crypto library and
 * Rust's standard library are not instrumented. What is built stays outside of the checkout, in the user's cache folder.
 * Exits with 1 when something was found.
 */

import { spawnSync } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PARTS = { rust: sanitizeRust, addon: sanitizeAddon }
const TARGETS = { x64: 'x86_64-unknown-linux-gnu', arm64: 'aarch64-unknown-linux-gnu' }

/** The addon itself has no tests of its own in Rust. */
const CRATES = ['quicmesh-tls', 'quicmesh-quic-core']
/** But what measures memory, of which AddressSanitizer takes several times as much. */
const SPECS = ['test/stream.spec.ts', 'test/close.spec.ts', 'test/promises/!(back-pressure).spec.ts', 'test/lifecycle/listen-again.spec.ts']
const TEST_TIMEOUT_MS = 120_000

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const native = join(root, 'native')
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'quicmesh', 'sanitize')
const target = process.platform === 'linux' ? TARGETS[process.arch] : undefined
const words = process.argv.slice(2)

if (target == null) {
  console.error(`AddressSanitizer is set up for Linux on ${Object.keys(TARGETS).join(' and ')} only`)
  process.exit(2)
}

if (words.some(word => !Object.hasOwn(PARTS, word))) {
  console.error(`Usage: npm run sanitize -- [${Object.keys(PARTS).join('|')}]`)
  process.exit(2)
}

const parts = words.length > 0 ? words : Object.keys(PARTS)
process.exitCode = parts.map(part => PARTS[part]()).every(isClean => isClean) ? 0 : 1

function sanitizeRust () {
  const packages = CRATES.flatMap(name => ['-p', name])

  return run('cargo', ['test', '--locked', '--no-fail-fast', '--target', target, ...packages], native, {
    ...compilerEnvironment('rust', '-Zsanitizer=address'),
    ASAN_OPTIONS: 'detect_leaks=1:detect_stack_use_after_return=1'
  })
}

/** The runtime must be in the process before anything else is: rustc's can't be loaded like that, gcc's knows the same calls. */
function sanitizeAddon () {
  const environment = compilerEnvironment('addon', '-Zsanitizer=address -Zexternal-clangrt')

  if (!run('cargo', ['build', '--locked', '--target', target, '-p', 'quicmesh-quic-binding'], native, environment)) {
    return false
  }

  const addon = join(cache, 'addon.node')
  copyFileSync(join(environment.CARGO_TARGET_DIR, target, 'debug', 'libquicmesh_quic.so'), addon)
  const files = SPECS.flatMap(spec => ['--files', spec])

  return run('aegir', ['test', '--target', 'node', '--build', 'false', ...files, '--timeout', `${TEST_TIMEOUT_MS}`], root, {
    QUICMESH_QUIC_BINDING: addon,
    LD_PRELOAD: runtimeOfGcc(),
    ASAN_OPTIONS: 'detect_leaks=0'
  })
}

/** @returns {string} */
function runtimeOfGcc () {
  const { stdout, error } = spawnSync('gcc', ['-print-file-name=libasan.so'], { encoding: 'utf8' })

  // a name without a folder: gcc does not have it
  if (error != null || !stdout.includes('/')) {
    console.error('gcc with its AddressSanitizer runtime (libasan) was not found')
    process.exit(2)
  }

  return stdout.trim()
}

/**
 * @param {string} part
 * @param {string} flags
 */
function compilerEnvironment (part, flags) {
  return {
    CARGO_TARGET_DIR: join(cache, part),
    RUSTFLAGS: flags,
    // the sanitiser's flags are for nightly compilers, unless a stable one is told to take them
    RUSTC_BOOTSTRAP: '1'
  }
}

/**
 * @param {string} file
 * @param {string[]} args
 * @param {string} cwd
 * @param {Record<string, string>} env
 * @returns {boolean}
 */
function run (file, args, cwd, env) {
  const { error, status } = spawnSync(file, args, { cwd, env: { ...process.env, ...env }, stdio: 'inherit' })

  if (error != null) {
    console.error(error.message)
  }

  return status === 0
}
