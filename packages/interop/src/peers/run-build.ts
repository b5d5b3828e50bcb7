import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { basename } from 'node:path'
import { createInterface } from 'node:readline'

/** Of what a build says, for the error. */
const LAST_LINES = 20

export interface BuildCommand {
  file: string
  args: string[]
  cwd?: string
  /** The whole environment; that of this process if it is not given. */
  env?: NodeJS.ProcessEnv
  /** Ends it. */
  signal?: AbortSignal
}

/**
 * Runs a program that builds something.
 *
 * @param command - what to run, and where
 * @param onProgress - told what it says, a line at a time
 * @throws {Error} with its last lines, when it ends with another code than 0, or can't be run; the signal's reason, when that is aborted and
 * the program has ended
 */
export async function runBuild (command: BuildCommand, onProgress: (line: string) => void): Promise<void> {
  const { file, args, cwd, env, signal } = command
  signal?.throwIfAborted()
  const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const lastLines: string[] = []
  const stop = (): void => { child.kill() }
  signal?.addEventListener('abort', stop)

  for (const output of [child.stdout, child.stderr]) {
    createInterface(output).on('line', (line) => {
      lastLines.push(line)
      lastLines.splice(0, lastLines.length - LAST_LINES)
      onProgress(line)
    })
  }

  try {
    const [code, endedBy] = await once(child, 'close')
    signal?.throwIfAborted()

    if (code !== 0) {
      throw new Error(`${[basename(file), ...args].join(' ')} ended ${endedBy == null ? `with code ${code}` : `by ${endedBy}`}: ${lastLines.join('\n')}`)
    }
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}
