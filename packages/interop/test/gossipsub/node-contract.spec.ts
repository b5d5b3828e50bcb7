import { expect } from 'aegir/chai'
import { listenAddress, nodeAddress, nodeId } from '../../peers/js/gossipsub/addresses.ts'
import { goParamNames, gossipOptions } from '../../peers/js/gossipsub/go-params.ts'
import { createMessage, messageId, messageIdText } from '../../peers/js/gossipsub/message.ts'
import { NodeLog } from '../../peers/js/gossipsub/node-log.ts'

describe('gossipsub: what a node has from its surroundings', () => {
  it('is the node that its host is called after, unless it is told', () => {
    expect(nodeId('node17', {})).to.equal(17)
    expect(nodeId('node17.example', {})).to.equal(17)
    expect(nodeId('node17', { NODE_ID: '3' })).to.equal(3)
    expect(() => nodeId('laptop', {})).to.throw('The host is called laptop')
    expect(() => nodeId('node1', { NODE_ID: 'x' })).to.throw('NODE_ID is x')
  })

  it('listens on port 9000, unless it is told', () => {
    expect(listenAddress('tcp', {})).to.equal('/ip4/0.0.0.0/tcp/9000')
    expect(listenAddress('quic-v1', {})).to.equal('/ip4/0.0.0.0/udp/9000/quic-v1')
    expect(listenAddress('quic-v1', { NODE_PORT: '1234' })).to.equal('/ip4/0.0.0.0/udp/1234/quic-v1')
    expect(() => listenAddress('tcp', { NODE_PORT: '70000' })).to.throw('70000 is not a port')
  })

  it('finds others by NODE_HOSTS and NODE_PORTS', async () => {
    const NODE_HOSTS = '{"node0":"10.0.0.1","node1":"10.0.0.2"}'

    expect(await nodeAddress(1, 'tcp', { NODE_HOSTS })).to.equal('/ip4/10.0.0.2/tcp/9000')
    expect(await nodeAddress(1, 'quic-v1', { NODE_HOSTS, NODE_PORTS: '{"node1":12001}' })).to.equal('/ip4/10.0.0.2/udp/12001/quic-v1')
    await expect(nodeAddress(2, 'tcp', { NODE_HOSTS })).to.eventually.be.rejectedWith('node2 has no IPv4 address in NODE_HOSTS')
  })

  it('puts the id into the first 8 bytes of a message, big-endian, and says it in decimal', () => {
    const data = createMessage(0x0102_0304_0506, 64)

    expect(data).to.have.length(64)
    expect([...data.subarray(0, 8)]).to.deep.equal([0, 0, 1, 2, 3, 4, 5, 6])
    expect(data.subarray(8).every(byte => byte === 0)).to.equal(true)
    expect(messageIdText(messageId({ data }))).to.equal(String(0x0102_0304_0506))
    expect(() => messageId({ data: data.subarray(0, 7) })).to.throw(RangeError)
  })

  it('logs lines of JSON, to the letter', () => {
    const lines: string[] = []
    const log = new NodeLog(line => lines.push(line), () => new Date(Date.UTC(2024, 0, 2, 3, 4, 5, 6)))

    log.peerId('12D3', 4)
    log.received('31', 'foobar', '12D4')
    log.received('31', 'foobar')
    log.peerProtocol('12D4', '/meshsub/1.2.0')

    expect(lines).to.deep.equal([
      '{"time":"2024-01-02T03:04:05.006Z","level":"INFO","msg":"PeerID","id":"12D3","node_id":4}\n',
      '{"time":"2024-01-02T03:04:05.006Z","level":"INFO","msg":"Received Message","service":"gossipsub","from":"12D4","topic":"foobar","id":"31"}\n',
      '{"time":"2024-01-02T03:04:05.006Z","level":"INFO","msg":"Received Message","service":"gossipsub","topic":"foobar","id":"31"}\n',
      '{"time":"2024-01-02T03:04:05.006Z","level":"INFO","msg":"Peer Protocol","service":"gossipsub","id":"12D4","protocol":"/meshsub/1.2.0"}\n'
    ])
  })
})

describe('gossipsub: the parameters of go', () => {
  it('are ours by other names, with nanoseconds as milliseconds and heartbeats as they are', () => {
    const { options, withoutEffect } = gossipOptions({
      D: 8,
      Dlo: 6,
      HistoryLength: 6,
      GossipFactor: 0.3,
      HeartbeatInitialDelay: 100_100_000,
      HeartbeatInterval: 700_000_000,
      FanoutTTL: 60_000_000_000,
      IWantFollowupTime: 3_000_000_000,
      IDontWantMessageThreshold: 1_024,
      IDontWantMessageTTL: 3
    })

    expect(options).to.deep.equal({
      D: 8,
      Dlo: 6,
      mcacheLength: 6,
      gossipFactor: 0.3,
      heartbeatInitialDelay: 100.1,
      heartbeatInterval: 700,
      fanoutTTL: 60_000,
      gossipsubIWantFollowupMs: 3_000,
      idontwantMinDataSize: 1_024,
      idontwantTtl: 3
    })
    expect(withoutEffect).to.deep.equal([])
  })

  it('are left at our defaults when they are not given', () => {
    expect(gossipOptions({})).to.deep.equal({ options: {}, withoutEffect: [] })
  })

  it('bound IDONTWANT by frames and ids there, by ids here', () => {
    expect(gossipOptions({ MaxIDontWantLength: 20 }).options).to.deep.equal({ idontwantMaxMessages: 20_000 })
    expect(gossipOptions({ MaxIDontWantMessages: 10 }).options).to.deep.equal({ idontwantMaxMessages: 100 })
    expect(gossipOptions({ MaxIDontWantLength: 3, MaxIDontWantMessages: 7 }).options).to.deep.equal({ idontwantMaxMessages: 21 })
  })

  it('have an effect, or a reason why not, each', () => {
    const without = ['SlowHeartbeatWarning', 'Connectors', 'MaxPendingConnections', 'ConnectionTimeout']

    expect(goParamNames).to.have.length(32)

    for (const name of goParamNames) {
      const { options, withoutEffect } = gossipOptions({ [name]: 4 })
      const isWithout = without.includes(name)

      expect(Object.keys(options), name).to.have.length(isWithout ? 0 : 1)
      expect(withoutEffect.map(({ name }) => name), name).to.deep.equal(isWithout ? [name] : [])
    }
  })
})
