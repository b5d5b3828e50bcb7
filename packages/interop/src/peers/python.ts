import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findProgram } from '../net/find-program.ts'
import { buildCached } from './build.ts'
import { MissingToolchainError } from './peer.ts'
import { runBuild } from './run-build.ts'
import type { Peer, Programs } from './peer.ts'

const FOLDER = fileURLToPath(new URL('../../peers/python/', import.meta.url))

const REQUIREMENTS = join(FOLDER, 'requirements.txt')

/** Of the folder of the virtual environment; the marker is written last, because the interpreter is there first. */
const INTERPRETER = 'bin/python'
const MARKER = 'installed'

/** py-libp2p. */
export const pythonPeer: Peer = {
  name: 'python',
  versions: `py-libp2p v${versionOf('libp2p')}, aioquic v${versionOf('aioquic')}`,
  toolchain: 'python',
  programs: ['transport'],

  async build (onProgress, signal) {
    const python = usablePython()
    const folder = await buildCached({
      name: 'python',
      sources: [REQUIREMENTS],
      extra: `${python} ${execFileSync(python, ['--version'], { encoding: 'utf8' })}`,
      outputs: [INTERPRETER, MARKER],
      isInPlace: true,
      build: async (to, onLine) => {
        const run = async (file: string, args: string[]): Promise<void> => runBuild({ file, args, signal }, onLine)
        await run(python, ['-m', 'venv', to])
        await run(join(to, INTERPRETER), ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-deps', '--requirement', REQUIREMENTS])
        // nobody else would notice that a requirement is missing
        await run(join(to, INTERPRETER), ['-c', 'import libp2p, redis'])
        await writeFile(join(to, MARKER), '')
      }
    }, onProgress)

    // without leaving compiled files in the repository
    return { transport: { file: join(folder, INTERPRETER), args: ['-B', join(FOLDER, 'transport.py')] } } satisfies Programs
  }
}

/** @throws {MissingToolchainError} when there is none, it is too old, or Debian's package of its virtual environments is missing */
function usablePython (): string {
  const python = findProgram('python3')

  if (python == null) {
    throw new MissingToolchainError('py-libp2p needs python3, and there is none')
  }

  try {
    execFileSync(python, ['-c', 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))'], { stdio: 'ignore' })
  } catch {
    throw new MissingToolchainError('py-libp2p needs Python 3.11 or newer with its virtual environments (Debian: apt-get install python3-venv)')
  }

  return python
}

/** As the requirements have it. */
function versionOf (distribution: string): string {
  const version = new RegExp(`^${distribution}==(\\S+)$`, 'm').exec(readFileSync(REQUIREMENTS, 'utf8'))?.[1]

  if (version == null) {
    throw new Error(`requirements.txt does not have ${distribution}`)
  }

  return version
}
