import { fork, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Request, Response } from './channel.ts'
import type { ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'

/** A process with the parent's end of its channel. It ends when its channel does. */
export interface Launched {
  child: ChildProcess
  /** What it says for people. */
  output: Array<Readable | null>
  send (request: Request, onDone: (err?: Error | null) => void): void
  onResponse (listener: (response: Response) => void): void
}

/** A module of this package, in Node.js; its channel is Node's own. */
export function launchModule (file: URL, env: NodeJS.ProcessEnv): Launched {
  const child = fork(file, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: ['--expose-gc'], env: { ...process.env, ...env } })

  return {
    child,
    output: [child.stdout, child.stderr],
    send: (request, onDone) => { child.send(request, onDone) },
    onResponse: (listener) => { child.on('message', listener) }
  }
}

export interface ProgramInit {
  args?: string[]
  /** Beside that of this process. */
  env?: NodeJS.ProcessEnv
  cwd?: string
}

/** Any program; its channel is a JSON object a line on standard input and output. */
export function launchProgram (path: string, { args = [], env = {}, cwd }: ProgramInit = {}): Launched {
  const child = spawn(path, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env }, cwd })
  // told by 'close' of the process
  child.stdin.on('error', () => {})

  return {
    child,
    output: [child.stderr],
    send: (request, onDone) => { child.stdin.write(`${JSON.stringify(request)}\n`, onDone) },
    onResponse: (listener) => { createInterface(child.stdout).on('line', (line) => { listener(JSON.parse(line)) }) }
  }
}
