import { cpuSecondsUsed } from '../../processes/cpu.ts'
import { percentile } from '../../statistics.ts'
import { MESH } from '../pubsub-options.ts'
import { heapBytes } from '../router/memory.ts'
import { arrivalFrom } from '../router/mesh.ts'
import { settled, StubNode } from '../router/stub-node.ts'
import { StubStream } from '../router/stub-stream.ts'
import { TopicMesh } from '../router/topic-mesh.ts'
import { CONSENSUS } from './consensus-options.ts'
import { play, playAtOnce } from './player.ts'
import { burstsOf, deliveriesOf, PLAYED_SLOT_MS, SLOT_MS, subscriptionsOf } from './slot.ts'
import type { PubsubFactory } from '../contestants.ts'
import type { FrameFactory } from '../frames.ts'
import type { Workload } from '../workload.ts'
import type { Played } from './player.ts'
import type { Burst, Delivery } from './slot.ts'

/** All of them subscribe to whatever the node does, so that there is somebody to gossip to. */
export const PEERS = 32

/** New ones before those that are measured, at least: in as many slots as it takes. */
const WARM_UP_MESSAGES = 20_000

/** The same of what is sent to nobody. */
const WARM_UP_DELIVERIES = 100_000

/** For as long as the clock's own CPU is measured. */
const CLOCK_MS = 1_000

const MS_PER_SECOND = 1_000
const MB = 1e6

/** What one slot costs a node that takes so many attestation subnets, with its share of data columns. */
export async function measureConsensusNode (create: PubsubFactory, { subnets }: Workload): Promise<Record<string, number>> {
  const node = await StubNode.start(create, CONSENSUS, PEERS)
  const bursts = burstsOf(subscriptionsOf(subnets))
  const meshes = await TopicMesh.join(node, bursts.flatMap(({ topics }) => topics))
  const deliveries = deliveriesOf(bursts)
  const messages = bursts.reduce((sum, burst) => sum + burst.messages, 0)

  for (let warm = 0; warm < WARM_UP_MESSAGES; warm += messages) {
    const delivered = node.delivered + messages
    const sender = new Sender(meshes)
    await playAtOnce(deliveries, (delivery) => { sender.send(delivery) })
    await settled('all is delivered', () => node.delivered === delivered)
  }

  const before = cpuSecondsUsed()
  const { lateMs } = await playSlot(node, meshes, { deliveries, messages })
  const allSeconds = cpuSecondsUsed() - before
  // another slot, for garbage is collected before: it would throw away the code that the first one ran
  const heap = await heapBytes()
  const { peakHeapBytes } = await playSlot(node, meshes, { deliveries, messages })
  await node.stop()
  // what the node has left would be collected meanwhile
  await heapBytes()
  const cpuSeconds = allSeconds - await secondsOfSending(deliveries, meshes)

  return {
    cpuSeconds,
    corePercent: cpuSeconds / (SLOT_MS / MS_PER_SECOND) * 100,
    lateP99Ms: percentile(lateMs, 99),
    peakHeapMb: (peakHeapBytes - heap) / MB,
    messages,
    duplicates: deliveries.length - messages
  }
}

interface Slot {
  deliveries: Delivery[]
  /** New ones among them. */
  messages: number
}

/** @throws {Error} when not all was delivered once, or less forwarded than the smallest meshes get */
async function playSlot (node: StubNode, meshes: TopicMesh[], { deliveries, messages }: Slot): Promise<Played> {
  const { delivered } = node
  const forwarded = node.sent.messages
  const sender = new Sender(meshes)
  const played = await play(deliveries, (delivery) => { sender.send(delivery) })
  await settled('all is delivered', () => node.delivered - delivered >= messages)
  const forwards = node.sent.messages - forwarded

  // heartbeats may have changed the meshes
  if (node.delivered - delivered !== messages || forwards < messages * (MESH.Dlo - 1)) {
    throw new Error(`Of ${messages} messages ${node.delivered - delivered} were delivered and ${forwards} forwarded`)
  }

  return played
}

/** CPU of making and handing over all that is sent, to nobody, and of the clock. The node has stopped. */
async function secondsOfSending (deliveries: Delivery[], meshes: TopicMesh[]): Promise<number> {
  const [{ inbound: { protocol, log } }] = meshes[0].peers
  const toNobody = async (): Promise<void> => {
    const sender = new Sender(meshes, new StubStream(protocol, 'inbound', log))
    await playAtOnce(deliveries, (delivery) => { sender.send(delivery) })
  }

  for (let warm = 0; warm < WARM_UP_DELIVERIES; warm += deliveries.length) {
    await toNobody()
  }

  const startedSeconds = cpuSecondsUsed()
  await toNobody()
  const playedSeconds = cpuSecondsUsed()
  await play([], () => {}, CLOCK_MS)
  const clockSeconds = (cpuSecondsUsed() - playedSeconds) * PLAYED_SLOT_MS / CLOCK_MS

  return playedSeconds - startedSeconds + clockSeconds
}

/** Makes the messages of one slot as they come by, and forgets them with their last copy. */
class Sender {
  readonly #meshes: Map<string, TopicMesh>
  readonly #to?: StubStream
  readonly #factories = new Map<string, FrameFactory>()
  readonly #frames = new Map<Burst, Map<number, Uint8Array>>()

  /** `to` gets everything instead of the peers' streams. */
  constructor (meshes: TopicMesh[], to?: StubStream) {
    this.#meshes = new Map(meshes.map((mesh) => [mesh.topic, mesh]))
    this.#to = to
  }

  /** From another peer of the mesh than the copies before. */
  send ({ burst, message, copy }: Delivery): void {
    const mesh = this.#meshOf(burst.topics[message % burst.topics.length])
    const frame = new Uint8Array(this.#frameOf(burst, message, mesh))
    const peer = mesh.peers[(Math.floor(message / burst.topics.length) + message + copy) % mesh.peers.length]
    const { stream, events } = arrivalFrom(peer, frame)

    for (const event of events) {
      (this.#to ?? stream).deliver(event)
    }

    if (copy === burst.copies - 1) {
      this.#frames.get(burst)?.delete(message)
    }
  }

  #meshOf (topic: string): TopicMesh {
    const mesh = this.#meshes.get(topic)

    if (mesh == null) {
      throw new Error(`The node has not joined ${topic}`)
    }

    return mesh
  }

  #frameOf (burst: Burst, message: number, mesh: TopicMesh): Uint8Array {
    const frames = this.#frames.get(burst) ?? new Map<number, Uint8Array>()
    this.#frames.set(burst, frames)
    let frame = frames.get(message)

    if (frame == null) {
      const factory = this.#factories.get(mesh.topic) ?? mesh.factory(burst.messageBytes)
      this.#factories.set(mesh.topic, factory)
      frame = factory.next()
      frames.set(message, frame)
    }

    return frame
  }
}
