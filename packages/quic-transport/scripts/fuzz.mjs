#!/usr/bin/env node
/**
 * Fuzzes the native code that strangers reach, guided by coverage: `npm run fuzz -- [target] [seconds]`, both targets for 60
 * seconds each by default. Needs cargo and a C++ compiler. cargo-fuzz, what is built and what is found stay outside of the
 * checkout, in the user's cache folder; seeds come from `native/fuzz/corpus`. Exits with 1 when something was found.
 */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const CARGO_FUZZ = '0.13.2'
const TARGETS = ['certificate', 'datagrams']
const DEFAULT_SECONDS = 60
/** Of one input: anything near it is a hang. */
const INPUT_TIMEOUT_SECONDS = 10
const MAX_RSS_MIB = 2_048

const fuzz = join(dirname(dirname(fileURLToPath(import.meta.url))), 'native/fuzz')
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'quicmesh', `cargo-fuzz-${CARGO_FUZZ}`)
const { targets, seconds } = readArguments(process.argv.slice(2))

assertTool('cargo', 'Rust 1.88 or newer, see https://rustup.rs')
assertTool(process.env.CXX ?? 'c++', 'a C++ compiler for libFuzzer (on Debian: apt-get install g++)')

if (!existsSync(join(cache, 'bin'))) {
  cargo(['install', 'cargo-fuzz', '--version', CARGO_FUZZ, '--locked', '--root', cache])
}

process.exitCode = targets.map(run).some(isClean => !isClean) ? 1 : 0

/**
 * @param {string} target
 * @returns {boolean} whether nothing was found
 */
function run (target) {
  const corpus = join(cache, 'corpus', target)
  const artifacts = join(cache, 'artifacts', target)
  mkdirSync(corpus, { recursive: true })
  mkdirSync(artifacts, { recursive: true })
  console.info(`${target}: ${seconds} s, findings go to ${artifacts}`)

  return cargo([
    'fuzz', 'run', '--fuzz-dir', '.', '--target-dir', join(cache, 'target'), '--features', 'libfuzzer',
    target, corpus, join('corpus', target), '--',
    `-max_total_time=${seconds}`, `-timeout=${INPUT_TIMEOUT_SECONDS}`, `-rss_limit_mb=${MAX_RSS_MIB}`,
    `-artifact_prefix=${artifacts}/`, '-print_final_stats=1'
  ], false)
}

/**
 * @param {string} command
 * @param {string} what - what is to be installed when it is missing
 */
function assertTool (command, what) {
  if (spawnSync(command, ['--version'], { stdio: 'ignore' }).status !== 0) {
    console.error(`${command} was not found: fuzzing needs ${what}`)
    process.exit(1)
  }
}

/**
 * @param {string[]} args
 * @param {boolean} [isVital] - whether a failure ends everything
 */
function cargo (args, isVital = true) {
  const env = {
    ...process.env,
    PATH: [join(cache, 'bin'), process.env.PATH].join(delimiter),
    // the sanitiser's flags are for nightly compilers, unless a stable one is told to take them
    RUSTC_BOOTSTRAP: '1'
  }
  const { status } = spawnSync('cargo', args, { cwd: fuzz, env, stdio: 'inherit' })

  if (isVital && status !== 0) {
    console.error(`cargo ${args[0]} failed`)
    process.exit(1)
  }

  return status === 0
}

/**
 * @param {string[]} words
 */
function readArguments (words) {
  const unknown = words.find(word => !TARGETS.includes(word) && !/^[1-9]\d*$/.test(word))

  if (unknown != null) {
    console.error(`Usage: npm run fuzz -- [${TARGETS.join('|')}] [seconds]`)
    process.exit(2)
  }

  const targets = words.filter(word => TARGETS.includes(word))

  return {
    targets: targets.length > 0 ? targets : TARGETS,
    seconds: Number(words.find(word => !TARGETS.includes(word)) ?? DEFAULT_SECONDS)
  }
}
