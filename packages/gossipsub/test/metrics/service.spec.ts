import { expect } from 'aegir/chai'
import { connect, createNode, stopNodes, until, untilSubscribed } from '../fixtures/node.ts'
import { RecordingRegister } from './recording-register.ts'

const TOPIC = 'measured'

describe('metrics of the service', () => {
  afterEach(stopNodes)

  it('tell of messages, streams and meshes, over more than one life', async () => {
    const register = new RecordingRegister()
    const [measured, other] = await Promise.all([
      createNode({ metricsRegister: register.register, metricsTopicStrToLabel: new Map([[TOPIC, 'label']]) }),
      createNode()
    ])
    const received: number[] = []
    measured.pubsub.addEventListener('message', ({ detail }) => { received.push(detail.data[0]) })
    ;[measured, other].forEach(({ pubsub }) => { pubsub.subscribe(TOPIC) })
    await connect(measured, other)
    await untilSubscribed(TOPIC, measured, other)
    await other.pubsub.publish(TOPIC, Uint8Array.of(1))
    await measured.pubsub.publish(TOPIC, Uint8Array.of(2))
    await until(() => received.length === 1)
    register.scrape()

    expect(register.value(`gossipsub_mesh_peer_count{topicStr=${TOPIC}}`)).to.equal(1)
    expect(register.value('gossipsub_accepted_messages_total{topic=label}')).to.equal(1)
    expect(register.value('gossipsub_protocol{protocol=/meshsub/1.2.0}')).to.equal(1)

    await measured.pubsub.stop()
    await measured.pubsub.start()
    register.scrape()
    expect(register.value('gossipsub_accepted_messages_total{topic=label}')).to.equal(1)
  })

  it('need labels for topics', async () => {
    await expect(createNode({ metricsRegister: new RecordingRegister().register })).to.eventually.be.rejectedWith('Must set metricsTopicStrToLabel with metrics')
  })
})
