import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Peer, Program, ProgramName, Programs } from './peer.ts'

const PROGRAMS = new URL('../../peers/js/', import.meta.url)

/** Both modules of this repository, as they lie in it. */
export const quicmeshPeer: Peer = peer('quicmesh', ['@quicmesh/quic-transport', '@quicmesh/gossipsub', 'libp2p'])

/** The other QUIC transport of js-libp2p, and the gossipsub of its authors. */
export const chainsafePeer: Peer = peer('chainsafe', ['@chainsafe/libp2p-quic', '@libp2p/gossipsub', 'libp2p'])

/** The programs are run from their sources: there is nothing to build. */
function peer (name: string, packages: string[]): Peer {
  const programs: ProgramName[] = ['transport', 'perf', 'gossipsub']

  return {
    name,
    versions: packages.map((packageName) => `${packageName} v${versionOf(packageName)}`).join(', '),
    toolchain: 'node',
    programs,
    build: async (): Promise<Programs> => Object.fromEntries(programs.map((program) => [program, programOf(program, name)]))
  }
}

function programOf (program: ProgramName, implementation: string): Program {
  return {
    file: process.execPath,
    args: [fileURLToPath(new URL(`${program}.ts`, PROGRAMS))],
    env: { IMPLEMENTATION: implementation }
  }
}

/** Read from the file, because not every package exports its `package.json`. */
function versionOf (packageName: string): string {
  const require = createRequire(import.meta.url)
  const folders = require.resolve.paths(packageName) ?? []

  for (const folder of folders) {
    try {
      return JSON.parse(readFileSync(`${folder}/${packageName}/package.json`, 'utf8')).version
    } catch (err) {
      if (!(err instanceof Error && 'code' in err && err.code === 'ENOENT')) {
        throw err
      }
    }
  }

  throw new Error(`${packageName} is not installed`)
}
