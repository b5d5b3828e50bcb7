#!/usr/bin/env node
/**
 * Writes the package of one platform to `<folder>/<name>`: the addon, a manifest, a README and the licences.
 *
 *   --platform <name>  default: this machine's
 *   --addon <file>     default: the one at the package root
 *   --into <folder>    default: `npm` in the package
 */

import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { PLATFORMS, addonFile, platformName, platformPackage } from './platforms.mjs'
import { repositoryField } from './repository.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { values: options } = parseArgs({
  options: { platform: { type: 'string' }, addon: { type: 'string' }, into: { type: 'string' } }
})
const name = options.platform ?? platformName()
const platform = PLATFORMS.find(platform => platform.name === name)

if (platform == null) {
  console.error(`there is no package for ${name}, only for ${PLATFORMS.map(({ name }) => name).join(', ')}`)
  process.exit(1)
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const file = addonFile(name)
const folder = join(options.into ?? join(root, 'npm'), name)

rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
copyFileSync(options.addon ?? join(root, file), join(folder, file))

for (const licence of ['LICENSE', 'LICENSE-APACHE', 'LICENSE-MIT']) {
  copyFileSync(join(root, licence), join(folder, licence))
}

writeFileSync(join(folder, 'README.md'), [
  `# ${platformPackage(name)}\n`,
  `The native addon of [@quicmesh/quic-transport](https://www.npmjs.com/package/@quicmesh/quic-transport) for \`${platform.rustTarget}\`.`,
  'It is installed along with that package and of no use alone.\n'
].join('\n'))
writeFileSync(join(folder, 'package.json'), `${JSON.stringify({
  name: platformPackage(name),
  version: manifest.version,
  description: `The native addon of @quicmesh/quic-transport for ${name}`,
  license: manifest.license,
  ...repositoryField(manifest),
  main: file,
  files: [file, 'LICENSE*'],
  os: [platform.os],
  cpu: [platform.cpu],
  ...(platform.libc == null ? {} : { libc: [platform.libc] }),
  engines: manifest.engines
}, null, 2)}\n`)
console.info(folder)
