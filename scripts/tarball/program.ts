import { identify } from '@libp2p/identify'
import { gossipsub } from '@quicmesh/gossipsub'
import { quic } from '@quicmesh/quic-transport'
import { createLibp2p } from 'libp2p'

const [alice, bob] = await Promise.all([1, 2].map(async () => createLibp2p({
  addresses: { listen: ['/ip4/127.0.0.1/udp/0/quic-v1'] },
  transports: [quic()],
  services: { identify: identify(), pubsub: gossipsub() }
})))

bob.services.pubsub.addEventListener('message', ({ detail }) => {
  console.log(detail.topic, new TextDecoder().decode(detail.data))
  void Promise.all([alice.stop(), bob.stop()])
})
alice.services.pubsub.addEventListener('subscription-change', () => {
  void alice.services.pubsub.publish('news', new TextEncoder().encode('hello'))
})
bob.services.pubsub.subscribe('news')
await alice.dial(bob.getMultiaddrs())
