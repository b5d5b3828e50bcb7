import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const COMMAND = fileURLToPath(new URL('../src/bench.ts', import.meta.url))

const TIMEOUT_MS = 50_000

export interface Output {
  code: number
  stdout: string
  stderr: string
}

/** Runs what the scripts `bench` and `bench:NAME` run. */
export async function bench (...args: string[]): Promise<Output> {
  return benchWith({}, ...args)
}

/** With variables that differ from those of this process. */
export async function benchWith (env: NodeJS.ProcessEnv, ...args: string[]): Promise<Output> {
  const child = spawn(process.execPath, [COMMAND, ...args], { stdio: ['ignore', 'pipe', 'pipe'], timeout: TIMEOUT_MS, env: { ...process.env, ...env } })
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])

  return { code, stdout, stderr }
}
