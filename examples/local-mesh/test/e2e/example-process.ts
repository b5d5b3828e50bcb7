import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Summary } from '../../src/summary.ts'
import type { ListeningNode } from '../../src/view/view.ts'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'

const PROGRAM = fileURLToPath(new URL('../../src/index.ts', import.meta.url))

export interface ExampleEvent {
  event: string
  phase?: string
  warning?: string
}

export interface Finished {
  exitCode: number | null
  stdout: string
  stderr: string
}

/** The example, run as a user would. */
export class ExampleProcess {
  readonly child: ChildProcessWithoutNullStreams
  stdout = ''
  stderr = ''
  private readonly closed: Promise<unknown[]>

  constructor (args: string[]) {
    // without the options that the test runner gives to Node
    const { NODE_OPTIONS, ...env } = process.env
    this.child = spawn(process.execPath, [PROGRAM, ...args], { env })
    this.closed = once(this.child, 'close')
    this.child.stdout.setEncoding('utf8').on('data', text => { this.stdout += text })
    this.child.stderr.setEncoding('utf8').on('data', text => { this.stderr += text })
  }

  async finished (): Promise<Finished> {
    const [exitCode] = await this.closed

    return { exitCode: typeof exitCode === 'number' ? exitCode : null, stdout: this.stdout, stderr: this.stderr }
  }

  /** Returns when the nodes have started to pass messages on. */
  async publishing (): Promise<void> {
    for await (const line of createInterface({ input: this.child.stdout })) {
      if (line.includes('publishing')) {
        return
      }
    }

    throw new Error(`it never came to publishing: ${this.stderr}`)
  }
}

/** Runs the example to its end, with this on its standard input. */
export async function runExample (args: string[], input = ''): Promise<Finished> {
  const example = new ExampleProcess(args)
  example.child.stdin.end(input)

  return example.finished()
}

export function eventsIn (stdout: string): ExampleEvent[] {
  return stdout.trimEnd().split('\n').map(line => JSON.parse(line))
}

export function summaryIn (stdout: string): Summary {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')
}

export function nodesIn (stdout: string): ListeningNode[] {
  return stdout.trimEnd().split('\n').map(line => JSON.parse(line)).filter(({ event }) => event === 'listening')
}

/** A process that has ended and that nobody has asked for its exit code is not running, although it has an id yet. */
export function isRunning (pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }

  try {
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return process.platform !== 'linux'
  }
}
