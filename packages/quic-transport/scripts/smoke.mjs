#!/usr/bin/env node
/**
 * Loads the addon of a platform package, asks for its version and has it make a key. Needs nothing installed.
 *
 *   <folder>  of the platform package
 */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'

const folder = resolve(process.argv[2])
const { main, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
const binding = createRequire(import.meta.url)(join(folder, main))

assert.equal(binding.bindingVersion(), version)

const { key, toBeSigned } = binding.tlsKeyGenerate()

assert.ok(key > 0)
assert.ok(toBeSigned.byteLength > 0)
console.info(`${main} loads, is of version ${version}, and makes keys`)
