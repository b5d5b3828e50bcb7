import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Command, NodeStatus, Report } from './messages.ts'
import type { ChildProcess } from 'node:child_process'

const PROGRAM = fileURLToPath(new URL('../node/main.ts', import.meta.url))
/** A process that has not ended in this time is killed. */
const STOP_TIMEOUT_MS = 5_000
/** Lines of a node's standard error that are kept for the error message, per node. */
const MAX_STDERR_LINES = 20

export interface NodeProcessEvents {
  onReport (node: NodeProcess, report: Report): void
  /** The process ended although nobody had told it to. */
  onDeath (node: NodeProcess, reason: string): void
}

/** A node seen from the parent: its process and the last that it said of itself. */
export class NodeProcess {
  readonly index: number
  peerId = ''
  addresses: string[] = []
  status: NodeStatus = { peers: 0, meshDegree: 0, duplicates: 0, malformed: 0 }
  private readonly child: ChildProcess
  private readonly exited: Promise<unknown>
  private readonly stderrLines: string[] = []
  private isStopping = false

  constructor (index: number, events: NodeProcessEvents) {
    this.index = index
    // detached: Ctrl-C is for the parent alone, which tells its nodes; they end with it, when their channel closes
    this.child = fork(PROGRAM, { detached: true, serialization: 'advanced', stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    this.exited = once(this.child, 'close')
    this.exited.catch(() => {})

    this.child.on('message', (report: Report) => {
      this.remember(report)
      events.onReport(this, report)
    })
    this.child.on('error', err => { events.onDeath(this, err.message) })
    this.child.on('close', (code, signal) => {
      if (!this.isStopping) {
        events.onDeath(this, [`process ended with ${signal ?? `code ${code}`}`, ...this.stderrLines].join('\n  '))
      }
    })

    if (this.child.stderr != null) {
      createInterface({ input: this.child.stderr }).on('line', line => {
        this.stderrLines.push(line)
        this.stderrLines.splice(0, this.stderrLines.length - MAX_STDERR_LINES)
      })
    }
  }

  /** Undefined if the process could not be started. */
  get pid (): number | undefined {
    return this.child.pid
  }

  /** A command to a process that has ended is dropped; `onDeath` tells of that. */
  send (command: Command): void {
    if (this.child.connected) {
      this.child.send(command, () => {})
    }
  }

  /** Ends the process, by force if it takes longer than 5 s. Returns whether it ended well. */
  async stop (): Promise<boolean> {
    this.isStopping = true
    this.send({ type: 'stop' })
    const killer = setTimeout(() => { this.kill() }, STOP_TIMEOUT_MS)

    try {
      await this.exited
    } catch {
      // it was never started
    } finally {
      clearTimeout(killer)
    }

    return this.child.exitCode === 0
  }

  kill (): void {
    this.isStopping = true
    this.child.kill('SIGKILL')
  }

  private remember (report: Report): void {
    if (report.type === 'listening') {
      this.peerId = report.peerId
      this.addresses = report.addresses
    } else if (report.type === 'status') {
      const { type, ...status } = report
      // while the others stop, peers go away: the counters still matter, the neighbours no more
      this.status = this.isStopping ? { ...status, peers: this.status.peers, meshDegree: this.status.meshDegree } : status
    }
  }
}
