/** Who is in the mesh, and what is said of it. */
import { HEARTBEAT_MS } from '../lab.ts'
import { answer, probe } from '../probe.ts'
import { sleep, until, within } from '../time.ts'
import { concat, encodeRpc } from '../wire.ts'
import type { Lab } from '../lab.ts'
import type { Probe } from '../probe.ts'
import type { RawPeer } from '../raw-peer.ts'

const TOPIC = 'topic'
const OTHER = 'other'

export const meshProbes: Probe[] = [
  probe(4, 'PRUNE after an unknown topic', {}, async lab => {
    const peer = await meshPeer(lab)
    peer.send({ control: { prune: [{ topic: 'unknown', backoff: 60 }, { topic: TOPIC, backoff: 60 }] } })
    const isGone = await within(3_000, () => !lab.inMesh(peer, TOPIC))

    return answer(isGone, `the peer that pruned an unknown topic and ours is ${isGone ? 'out of' : 'still in'} the mesh`)
  }),

  probe(8, 'a refused GRAFT told as a graft', {}, async lab => {
    const peer = await meshPeer(lab)
    peer.send({ control: { prune: [{ topic: TOPIC, backoff: 60 }] } })
    await until('the mesh without the peer', () => !lab.inMesh(peer, TOPIC))
    let grafts = 0
    lab.pubsub.addEventListener('gossipsub:graft', () => { grafts++ })
    peer.send({ control: { graft: [TOPIC] } })
    await until('a PRUNE', () => peer.wasPruned(TOPIC))

    return answer(grafts === 0, `a GRAFT inside the backoff got its PRUNE and ${grafts} graft events`)
  }),

  probe(9, 'UNSUBSCRIBE of a mesh peer', {}, async lab => {
    const peer = await meshPeer(lab)
    peer.send({ unsubscribe: [TOPIC] })
    await until('the end of the subscription', () => lab.pubsub.getSubscribers(TOPIC).length === 0)
    const isGone = await within(10 * HEARTBEAT_MS, () => !lab.inMesh(peer, TOPIC))

    return answer(isGone, `the peer that unsubscribed is ${isGone ? 'out of' : 'in'} the mesh 10 heartbeats later`)
  }),

  {
    defect: 14,
    title: 'outbound peers of a mesh that is cut down',
    ask: async factory => {
      const best = new Set<string>()
      const scoreParams = { appSpecificScore: (peer: string) => best.has(peer) ? 1 : 0, appSpecificWeight: 1, IPColocationFactorWeight: 0 }
      const options = { D: 3, Dlo: 2, Dhi: 4, Dscore: 3, Dout: 1, heartbeatInterval: 1_000, scoreParams }

      return probe(14, '', { options }, async lab => {
        const inbound = await connectAll(lab, 4, false)
        inbound.forEach(({ id }) => best.add(id))
        const outbound = await connectAll(lab, 3, true)
        lab.pubsub.subscribe(TOPIC)
        const before = lab.heartbeats
        await until('a heartbeat', () => lab.heartbeats > before)
        joinAll(inbound)
        await until('a mesh of 4', () => lab.pubsub.getMeshPeers(TOPIC).length === 4)
        joinAll(outbound)
        await until('a mesh of 7', () => lab.pubsub.getMeshPeers(TOPIC).length === 7)
        await until('a mesh that is cut down', () => lab.pubsub.getMeshPeers(TOPIC).length === 3)
        const count = outbound.filter(peer => lab.inMesh(peer, TOPIC)).length

        return answer(count === 1, `Dout is 1, and ${count} of the 3 that stayed are outbound, though the 4 best are inbound`)
      }).ask(factory)
    }
  },

  probe(24, 'a floodsub peer in the mesh', {}, async lab => {
    const peer = await lab.connect({ protocol: '/floodsub/1.0.0' })
    lab.pubsub.subscribe(TOPIC)
    peer.send({ subscribe: [TOPIC] })
    await until('a subscriber', () => lab.pubsub.getSubscribers(TOPIC).length === 1)
    const isGrafted = await within(4 * HEARTBEAT_MS, () => lab.inMesh(peer, TOPIC))

    return answer(!isGrafted, `the floodsub peer is ${isGrafted ? '' : 'not '}in the mesh`)
  }),

  probe(29, 'a control field that is given twice', {}, async lab => {
    const peer = await lab.connect()
    lab.pubsub.subscribe(TOPIC)
    lab.pubsub.subscribe(OTHER)
    await sleep(2 * HEARTBEAT_MS)
    peer.sendBody(concat(encodeRpc({ control: { graft: [TOPIC] } }), encodeRpc({ control: { graft: [OTHER] } })))
    await within(3_000, () => lab.inMesh(peer, TOPIC) && lab.inMesh(peer, OTHER))
    const meshes = [TOPIC, OTHER].filter(topic => lab.inMesh(peer, topic))

    return answer(meshes.length === 2, `of two GRAFTs in two control fields ${meshes.length} counted`)
  })
]

/** A peer that is subscribed to the topic and in the mesh. */
export async function meshPeer (lab: Lab, topic: string = TOPIC): Promise<RawPeer> {
  const peer = await lab.connect()
  lab.pubsub.subscribe(topic)
  peer.send({ subscribe: [topic], control: { graft: [topic] } })
  await until('a mesh', () => lab.inMesh(peer, topic))

  return peer
}

async function connectAll (lab: Lab, count: number, isOutbound: boolean): Promise<RawPeer[]> {
  const peers: RawPeer[] = []

  while (peers.length < count) {
    peers.push(await lab.connect({ isOutbound }))
  }

  return peers
}

function joinAll (peers: RawPeer[]): void {
  for (const peer of peers) {
    peer.send({ subscribe: [TOPIC], control: { graft: [TOPIC] } })
  }
}
