/** What docs/defects.md has below its numbers. */
import { answer, probe } from '../probe.ts'
import { until, within } from '../time.ts'
import { meshPeer } from './mesh.ts'

const TOPIC = 'topic'
const SUBSCRIPTIONS = 64

export const alsoProbes = [
  probe('also', 'frames for 64 calls of subscribe()', {}, async lab => {
    const peer = await meshPeer(lab)
    const before = peer.received.length

    for (let i = 0; i < SUBSCRIPTIONS; i++) {
      lab.pubsub.subscribe(`${i}`)
    }

    const subscribed = (): number => peer.received.slice(before).flatMap(({ subscriptions }) => subscriptions).length
    await until('all subscriptions', () => subscribed() === SUBSCRIPTIONS)
    const frames = peer.received.slice(before).filter(({ subscriptions }) => subscriptions.length > 0).length

    return answer(frames <= 2, `${frames} frames to one peer`)
  }),

  probe('also', 'publish to a peer that does not read', { options: { maxOutboundBufferSize: 1_000_000, msgIdFn: undefined } }, async lab => {
    const peer = await meshPeer(lab)
    const [stream] = peer.inbound
    stream.pause()

    // more than the buffers between the two can hold
    for (let i = 0; i < 100; i++) {
      await lab.pubsub.publish(TOPIC, new Uint8Array(100_000).fill(i)).catch(() => {})
    }

    stream.resume()
    const isReset = await within(1_000, () => stream.status !== 'open')
    const last = new Uint8Array(16).fill(200)
    await lab.pubsub.publish(TOPIC, last).catch(() => {})
    const isReached = await within(3_000, () => peer.got(last))

    return answer(!isReset && isReached, `after 10 MB its stream is ${stream.status}, and the next message was ${isReached ? '' : 'not '}sent`)
  })
]
