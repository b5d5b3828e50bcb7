import { Deliveries } from './deliveries.ts'
import { splitLines } from './lines.ts'
import { LocalMesh, MeshError } from './mesh/local-mesh.ts'
import { Pace } from './pace.ts'
import { MAX_LINE_BYTES, digestLine } from './payload.ts'
import { summarize } from './summary.ts'
import type { Input } from './input.ts'
import type { Options } from './options.ts'
import type { Ending, NodeSummary, Summary } from './summary.ts'
import type { View } from './view/view.ts'

/** Messages that are under way at once: what bounds memory and, without --rate, sets the pace. */
const MAX_IN_FLIGHT_MESSAGES = 64
const MAX_IN_FLIGHT_BYTES = 4 * 1024 * 1024
/** A message that has not reached every node in this time is given up. Far above what IHAVE/IWANT recovery takes. */
const DELIVERY_TIMEOUT_MS = 30_000
const TICK_INTERVAL_MS = 200

export interface SessionInit {
  options: Options
  input: Input
  view: View
  /** Aborted with an `Interruption` to end early. */
  signal: AbortSignal
}

/** Somebody wants the run to end. */
export class Interruption extends Error implements Ending {
  readonly name = 'Interruption'
  readonly exitCode: number

  constructor (reason: string, exitCode: number) {
    super(reason)
    this.exitCode = exitCode
  }

  get reason (): string {
    return this.message
  }
}

/** One run, from the start of the nodes to the summary. */
export class Session {
  private readonly options: Options
  private readonly input: Input
  private readonly view: View
  private readonly breakage = new AbortController()
  private readonly signal: AbortSignal
  private readonly deliveries: Deliveries
  private readonly mesh: LocalMesh
  private readonly pace?: Pace
  private change = Promise.withResolvers<void>()
  private linesRefused = 0
  private startedAtMs = 0
  private settledAtMs = 0
  private readBytes = 0

  constructor ({ options, input, view, signal }: SessionInit) {
    this.options = options
    this.input = input
    this.view = view
    this.signal = AbortSignal.any([signal, this.breakage.signal])
    this.deliveries = new Deliveries(options.nodes)
    this.pace = options.rate == null ? undefined : new Pace(options.rate)
    this.mesh = new LocalMesh({
      nodes: options.nodes,
      topic: options.topic,
      seed: options.seed,
      onDelivered: (node, seq, digest, latencyMs) => { this.onDelivered(node, seq, digest, latencyMs) },
      onPublishFailed: (node, seq, reason) => { this.onPublishFailed(node, seq, reason) },
      onBroken: err => { this.breakage.abort(err) }
    })
  }

  /** Never throws for what happens to the nodes or the input: the summary tells, and carries the exit code. */
  async run (): Promise<Summary> {
    const onAbort = (): void => { this.onAbort() }
    this.signal.addEventListener('abort', onAbort)
    const ticker = setInterval(() => { this.onTick() }, TICK_INTERVAL_MS)
    let ending: Ending | undefined

    try {
      await this.connect()
      await this.publishAll()
    } catch (err) {
      ending = endingOf(this.signal.aborted ? this.signal.reason : err)
    } finally {
      clearInterval(ticker)
      this.signal.removeEventListener('abort', onAbort)
      this.input.stream.destroy()
    }

    for (const node of await this.mesh.stop()) {
      this.view.onWarning(`node ${node.index} did not stop by itself`)
    }

    const summary = this.summary(ending)
    this.view.onEnd(summary)

    return summary
  }

  /** Ends all processes at once. */
  kill (): void {
    this.mesh.kill()
  }

  private async connect (): Promise<void> {
    this.view.onPhase(`starting ${this.options.nodes} nodes`)
    await this.mesh.start(this.signal)

    for (const { index, pid, peerId, addresses } of this.mesh.nodes) {
      this.view.onListening({ node: index, pid, peerId, addresses })
    }

    this.view.onPhase('introducing the nodes to each other and waiting for the mesh')
    this.mesh.introduce()
    await this.mesh.formed(this.signal)
  }

  private async publishAll (): Promise<void> {
    this.view.onPhase(this.input.isTyped ? 'the mesh stands: type lines, Ctrl-D ends' : 'the mesh stands: publishing')
    this.startedAtMs = performance.now()
    this.settledAtMs = this.startedAtMs

    for await (const line of splitLines(this.input.stream, MAX_LINE_BYTES)) {
      if ('oversizedBytes' in line) {
        this.linesRefused++
        this.view.onWarning(`line ${line.number} has ${line.oversizedBytes} bytes, the limit of a message is ${MAX_LINE_BYTES}: it is not sent`)
      } else {
        await this.turn(line.bytes.byteLength)
        this.publish(line.number, line.bytes)
      }

      this.readBytes = line.endOffset
    }

    await this.until(() => this.deliveries.inFlightMessages === 0)
    this.onTick()
  }

  /** Waits until the next message may go. */
  private async turn (sizeBytes: number): Promise<void> {
    await this.until(() => {
      return this.deliveries.inFlightMessages < MAX_IN_FLIGHT_MESSAGES &&
        (this.deliveries.inFlightMessages === 0 || this.deliveries.inFlightBytes + sizeBytes <= MAX_IN_FLIGHT_BYTES)
    })

    const dueMs = performance.now() + (this.pace?.take(performance.now()) ?? 0)

    if (dueMs > performance.now()) {
      const timer = setTimeout(() => { this.notify() }, dueMs - performance.now())

      try {
        await this.until(() => performance.now() >= dueMs)
      } finally {
        clearTimeout(timer)
      }
    }
  }

  private publish (lineNumber: number, line: Uint8Array): void {
    const publisher = this.options.publisher === 'round-robin' ? this.deliveries.messages % this.options.nodes : this.options.publisher
    const seq = this.deliveries.open({
      publisher,
      lineNumber,
      digest: digestLine(line),
      sizeBytes: line.byteLength,
      sentAtMs: performance.now()
    })
    this.mesh.publish(publisher, seq, line)
  }

  private onDelivered (node: number, seq: number, digest: number, latencyMs: number): void {
    const message = this.deliveries.arrived(node, seq, digest, latencyMs)

    if (message != null) {
      this.settledAtMs = performance.now()
      this.view.onDelivered({
        lineNumber: message.lineNumber,
        deliveries: this.options.nodes - 1,
        elapsedMs: this.settledAtMs - message.sentAtMs
      })
      this.notify()
    }
  }

  private onPublishFailed (node: number, seq: number, reason: string): void {
    this.view.onWarning(`node ${node} could not publish: ${reason}`)
    this.deliveries.giveUp(seq, reason)
    this.notify()
  }

  private onTick (): void {
    const nowMs = performance.now()
    const { deliveries, input } = this
    const elapsedMs = this.startedAtMs === 0 ? 0 : nowMs - this.startedAtMs
    deliveries.giveUpSentBefore(nowMs - DELIVERY_TIMEOUT_MS, `not delivered within ${DELIVERY_TIMEOUT_MS / 1000} s`)
    this.notify()
    this.view.onTick({
      elapsedMs,
      messages: deliveries.messages,
      deliveriesExpected: deliveries.expected,
      deliveriesMade: deliveries.made,
      messagesPerSecond: elapsedMs === 0 ? 0 : deliveries.messages / (elapsedMs / 1000),
      share: input.totalBytes == null ? undefined : this.deliveredBytes() / Math.max(1, input.totalBytes),
      p50Ms: deliveries.latencies.percentileMs(0.5),
      p99Ms: deliveries.latencies.percentileMs(0.99),
      nodes: this.nodeSummaries()
    })
  }

  private deliveredBytes (): number {
    return Math.max(0, this.readBytes - this.deliveries.inFlightBytes)
  }

  private nodeSummaries (): NodeSummary[] {
    return this.mesh.nodes.map(({ index, peerId, status }) => {
      const { received, latencies } = this.deliveries.byNode[index]

      return {
        node: index,
        peerId,
        peers: status.peers,
        meshDegree: status.meshDegree,
        received,
        duplicates: status.duplicates,
        p50Ms: latencies.percentileMs(0.5),
        p99Ms: latencies.percentileMs(0.99)
      }
    })
  }

  private summary (ending?: Ending): Summary {
    return summarize({
      deliveries: this.deliveries,
      nodes: this.nodeSummaries(),
      malformed: this.mesh.nodes.reduce((count, { status }) => count + status.malformed, 0),
      linesRefused: this.linesRefused,
      elapsedMs: this.settledAtMs - this.startedAtMs,
      ending
    })
  }

  private async until (isMet: () => boolean): Promise<void> {
    this.signal.throwIfAborted()

    while (!isMet()) {
      await this.change.promise
      this.signal.throwIfAborted()
    }
  }

  private notify (): void {
    this.change.resolve()
    this.change = Promise.withResolvers()
  }

  private onAbort (): void {
    this.input.stream.destroy()
    this.notify()
  }
}

function endingOf (err: unknown): Ending {
  if (err instanceof Interruption) {
    return err
  }

  return { exitCode: 1, reason: err instanceof MeshError ? err.message : String(err) }
}
