/**
 * The process of one node. It does what its parent says (see mesh/messages.ts) and ends when its parent does.
 */
import { DeliveryBatch } from './delivery-batch.ts'
import { MeshNode } from './mesh-node.ts'
import type { Command, Report } from '../mesh/messages.ts'

const STATUS_INTERVAL_MS = 200
/** A node that does not stop in this time is ended with its process. */
const STOP_TIMEOUT_MS = 3_000

let node: MeshNode | undefined
let statusTimer: ReturnType<typeof setInterval> | undefined
let lastStatus = ''
let stopping: Promise<void> | undefined

const batch = new DeliveryBatch(columns => { report({ type: 'delivered', ...columns }) })

// Ctrl-C in a terminal reaches every process of the group, but it is the parent that decides what follows
process.on('SIGINT', () => {})
process.on('message', (command: Command) => {
  execute(command).catch(err => { fail(err) })
})
process.on('disconnect', () => {
  stop().catch(() => { process.exit(1) })
})

async function execute (command: Command): Promise<void> {
  switch (command.type) {
    case 'start':
      return start(command.topic, command.maxPeers)
    case 'dial':
      node?.stayConnectedTo(command.peers)
      return
    case 'publish':
      return publish(command.seq, command.line)
    case 'stop':
      return stop()
    default:
      throw new TypeError(`unknown command ${JSON.stringify(command satisfies never)}`)
  }
}

async function start (topic: string, maxPeers: number): Promise<void> {
  node = await MeshNode.create({ topic, maxPeers, onDelivery: delivery => { batch.add(delivery) } })
  report({ type: 'listening', peerId: node.peerId, addresses: node.addresses })
  statusTimer = setInterval(reportStatus, STATUS_INTERVAL_MS)
}

async function publish (seq: number, line: Uint8Array): Promise<void> {
  try {
    await node?.publish(seq, line)
  } catch (err) {
    report({ type: 'publishFailed', seq, reason: String(err) })
  }
}

async function stop (): Promise<void> {
  stopping ??= stopOnce()

  return stopping
}

async function stopOnce (): Promise<void> {
  setTimeout(() => { process.exit(1) }, STOP_TIMEOUT_MS).unref()
  clearInterval(statusTimer)
  batch.flush()
  reportStatus()
  await node?.stop()

  if (process.connected) {
    process.disconnect()
  }
}

function reportStatus (): void {
  if (node == null) {
    return
  }

  const status = node.status()
  const text = JSON.stringify(status)

  if (text !== lastStatus) {
    lastStatus = text
    report({ type: 'status', ...status })
  }
}

function fail (err: unknown): void {
  report({ type: 'failed', reason: err instanceof Error ? (err.stack ?? String(err)) : String(err) })
  process.exitCode = 1
  stop().catch(() => { process.exit(1) })
}

/** What is said to a parent that is gone is lost; `disconnect` follows. */
function report (message: Report): void {
  if (process.connected) {
    process.send?.(message, undefined, undefined, () => {})
  }
}
