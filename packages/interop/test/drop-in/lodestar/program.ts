/** Copied to where the published code of Lodestar is: a network of its nodes, and what was seen, printed. */
import { setTimeout as delay } from 'node:timers/promises'
import { load, startNode } from './nodes.ts'
import type { LodestarNode, Pending, Topic } from './nodes.ts'

/** What is used of Lodestar's other packages. */
interface Ssz<T> {
  defaultValue(): T
  serialize(value: T): Uint8Array
  deserialize(data: Uint8Array): T
}

interface TypesModule {
  ssz: {
    phase0: { Attestation: Ssz<{ data: { slot: number } }> }
    deneb: { SignedBeaconBlock: Ssz<{ message: { slot: number, body: { executionPayload: { transactions: Uint8Array[] } } } }> }
  }
}

interface ConfigModule {
  createBeaconConfig(config: object, genesisValidatorsRoot: Uint8Array): object & { DENEB_FORK_EPOCH: number }
}

interface TopicModule {
  stringifyGossipTopic(config: object, topic: Topic): string
}

const NODES = 10
/** That each dials, of those that come after it in a ring. */
const DIALS = 4
const MESH_AT_LEAST = 6
const ATTESTATIONS = 200
const SUBNETS = [0, 1, 2]
/** Whatever comes on it is rejected. */
const REJECTED_SUBNET = 2
const TRANSACTIONS = 200
const TRANSACTION_BYTES = 1_000
const SLOT = 5

const POLL_MS = 10
const TIMEOUT_MS = 15_000

/** Modules of the packages, whose types are not here. */
const imported = async <Module> (name: string): Promise<Module> => import(name)
const { ssz } = await imported<TypesModule>('@lodestar/types')
const { createBeaconConfig } = await imported<ConfigModule>('@lodestar/config')
const { chainConfig } = await imported<{ chainConfig: object }>('@lodestar/config/default')
const { stringifyGossipTopic } = await load<TopicModule>('network/gossip/topic.js')

const config = createBeaconConfig(chainConfig, new Uint8Array(32))
const epoch = config.DENEB_FORK_EPOCH
const boundary = { fork: 'deneb', epoch }
const attestations = SUBNETS.map((subnet): Topic => ({ type: 'beacon_attestation', subnet, boundary }))
const block: Topic = { type: 'beacon_block', boundary }
const isValid = ({ topic: { subnet } }: Pending): boolean => subnet !== REJECTED_SUBNET

const nodes: LodestarNode[] = []

for (let i = 0; i < NODES; i++) {
  nodes.push(await startNode(config, epoch, isValid))
}

for (const { gossip } of nodes) {
  [...attestations, block].forEach((topic) => { gossip.subscribeTopic(topic) })
}

for (const [i, { libp2p }] of nodes.entries()) {
  for (let j = 1; j <= DIALS; j++) {
    await libp2p.dial(nodes[(i + j) % NODES].libp2p.getMultiaddrs())
  }
}

const names = [...attestations, block].map((topic) => stringifyGossipTopic(config, topic))
const [first, ...others] = nodes
await until('meshes', () => nodes.every(({ gossip }) => names.every((name) => gossip.getMeshPeers(name).length >= MESH_AT_LEAST)))

// every node publishes on two subnets
for (let i = 0; i < ATTESTATIONS; i++) {
  const attestation = ssz.phase0.Attestation.defaultValue()
  attestation.data.slot = i
  await nodes[i % NODES].gossip.publish(names[Math.floor(i / NODES) % REJECTED_SUBNET], ssz.phase0.Attestation.serialize(attestation))
}

const expected = ATTESTATIONS - ATTESTATIONS / NODES
await until('attestations', () => nodes.every(({ pending }) => pending.length >= expected))
const delivered = nodes.map(({ pending }) => new Set(pending.map(({ msgId }) => msgId)).size)

// a block larger than a packet, a frame or a window
const signedBlock = ssz.deneb.SignedBeaconBlock.defaultValue()
signedBlock.message.slot = SLOT
signedBlock.message.body.executionPayload.transactions = Array.from({ length: TRANSACTIONS }, (_, i) => new Uint8Array(TRANSACTION_BYTES).fill(i))
const blockBytes = ssz.deneb.SignedBeaconBlock.serialize(signedBlock)
await first.gossip.publish(names[3], blockBytes)
await until('blocks', () => others.every(({ pending }) => blockOf(pending) != null))
const blocks = others.map(({ pending }) => blockOf(pending)).map((data) => data?.length === blockBytes.length && ssz.deneb.SignedBeaconBlock.deserialize(data).message.slot)
const duplicate = await first.gossip.publish(names[3], blockBytes).then(() => 'published', (err: Error) => err.message)
const ignored = await first.gossip.publish(names[3], blockBytes, { ignoreDuplicatePublishError: true })

// what the application rejects
const rejecting = new Set(first.gossip.getMeshPeers(names[REJECTED_SUBNET]))
await first.gossip.publish(names[REJECTED_SUBNET], ssz.phase0.Attestation.serialize(ssz.phase0.Attestation.defaultValue()))
const scores = (): number[] => others.filter(({ libp2p }) => rejecting.has(libp2p.peerId.toString())).map(({ gossip }) => gossip.getScore(first.libp2p.peerId.toString()))
await until('scores', () => scores().every((score) => score < 0))

const stats = Object.keys(first.gossip.dumpPeerScoreStats()).length

// one that nobody has dialled
const direct = await startNode(config, epoch, isValid)
const added = await first.gossip.addDirectPeer(direct.libp2p.getMultiaddrs()[0].toString())
await until('the direct peer', () => first.libp2p.getConnections(direct.libp2p.peerId).length > 0)
const directPeers = first.gossip.getDirectPeers()
const removed = first.gossip.removeDirectPeer(direct.libp2p.peerId.toString())

// a copy that came later would be counted twice
const copies = nodes.map(({ pending }) => pending.filter(({ topic }) => topic.type === 'beacon_attestation' && topic.subnet !== REJECTED_SUBNET).length)
const metrics = first.register.scrape()
const unsubscribed = new Set(attestations.map((topic) => stringifyGossipTopic(config, topic)))
attestations.forEach((topic) => { first.gossip.unsubscribeTopic(topic) })
const topics = first.gossip.getTopics().filter((topic) => unsubscribed.has(topic))

const report = {
  delivered,
  copies,
  blocks,
  duplicate,
  ignored: ignored.recipients.length,
  rejecting: rejecting.size,
  stats,
  direct: added === direct.libp2p.peerId.toString() && directPeers.includes(added) && removed,
  meshOfLodestarsMetrics: metrics[`lodestar_gossip_mesh_peers_by_beacon_attestation_subnet_count{boundary=deneb_${epoch},subnet=00}`],
  validated: metrics['gossipsub_async_validation_mcache_hit_total{hit=hit}'],
  topics: topics.length
}

for (const { gossip, libp2p } of [...nodes, direct]) {
  await gossip.stop()
  await libp2p.stop()
}

process.stdout.write(JSON.stringify(report))

function blockOf (pending: Pending[]): Uint8Array | undefined {
  return pending.find(({ topic }) => topic.type === 'beacon_block')?.msg.data
}

async function until (what: string, condition: () => boolean): Promise<void> {
  const endMs = performance.now() + TIMEOUT_MS

  while (!condition()) {
    if (performance.now() > endMs) {
      throw new Error(`Waited for ${what} for ${TIMEOUT_MS} ms`)
    }

    await delay(POLL_MS)
  }
}
