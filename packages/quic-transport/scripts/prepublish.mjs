#!/usr/bin/env node
/**
 * Adds the packages of all platforms to the manifest's optional dependencies, and the repository, right before it is
 * published. They are not in the repository's manifest, because a version can't be installed before it is published.
 *
 *   [folder]  of the manifest, default: this package
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PLATFORMS, platformPackage } from './platforms.mjs'
import { repositoryField } from './repository.mjs'

const folder = process.argv[2] ?? dirname(dirname(fileURLToPath(import.meta.url)))
const path = join(folder, 'package.json')
const manifest = JSON.parse(readFileSync(path, 'utf8'))

manifest.optionalDependencies = Object.fromEntries(PLATFORMS.map(({ name }) => [platformPackage(name), manifest.version]))
Object.assign(manifest, repositoryField(manifest))
writeFileSync(path, `${JSON.stringify(manifest, null, 2)}\n`)
