/* eslint-disable no-console */
import { readdirSync } from 'node:fs'
import { mkdir, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildCached } from '../peers/build.ts'
import { assemble, PROGRAM_FOLDER, PROGRAM_PARTS, TRANSPORT_PACKAGE } from './assemble.ts'
import type { Program } from '../peers/peer.ts'

export const DOCKERFILE = fileURLToPath(new URL('../../container/Dockerfile', import.meta.url))

const ASSEMBLER = fileURLToPath(new URL('assemble.ts', import.meta.url))

/** What stands in for the image of the container where there is no Docker. */
export interface Image {
  /** The entry point of the Dockerfile, in the folder that the image has as its own. */
  program: Program
  /** The search path inside: node, and nothing else of this machine. */
  path: string
}

let image: Promise<Image> | undefined

/**
 * Made once in a process, and kept in the cache as builds are.
 *
 * @throws {Error} when npm fails
 */
export async function containerImage (): Promise<Image> {
  image ??= make()

  return image
}

async function make (): Promise<Image> {
  const folder = await buildCached({
    name: 'container',
    sources: [
      ASSEMBLER,
      ...PROGRAM_PARTS.map((part) => join(PROGRAM_FOLDER, part)),
      ...['package.json', 'dist/src', 'scripts', 'native/Cargo.lock'].map((part) => join(TRANSPORT_PACKAGE, part)),
      ...readdirSync(TRANSPORT_PACKAGE).filter((name) => name.endsWith('.node')).map((name) => join(TRANSPORT_PACKAGE, name))
    ],
    extra: `${process.version} ${process.execPath}`,
    outputs: ['program/transport.ts', 'program/node_modules/@quicmesh/quic-transport/package.json', 'bin/node'],
    build: async (to, onLine) => {
      await assemble(join(to, 'program'), onLine)
      await mkdir(join(to, 'bin'))
      await symlink(process.execPath, join(to, 'bin/node'))
    }
  }, (line) => { console.error(`container: ${line}`) })
  const { file, args } = entryPoint(await readFile(DOCKERFILE, 'utf8'))
  const path = join(folder, 'bin')

  return { program: { file: join(path, file), args, cwd: join(folder, 'program') }, path }
}

/**
 * @param dockerfile - its text
 * @throws {Error} when it has no entry point that is a list of words
 */
export function entryPoint (dockerfile: string): Pick<Program, 'file' | 'args'> {
  const list = [...dockerfile.matchAll(/^ENTRYPOINT (\[.*\])$/gm)].at(-1)?.[1]

  if (list == null || /^CMD\b/m.test(dockerfile)) {
    throw new Error('The Dockerfile must have an ENTRYPOINT that is a list, and no CMD')
  }

  const [file, ...args] = JSON.parse(list) as string[]

  return { file, args }
}
