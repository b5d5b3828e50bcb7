import { expect } from 'aegir/chai'
import { deliveries, deliveryFaults, identityFaults } from '../../src/gossipsub/deliveries.ts'
import { parseNodeLog } from '../../src/gossipsub/node-logs.ts'
import { protocolFaults } from '../../src/gossipsub/protocol-faults.ts'
import { analysis, summarize } from '../../src/gossipsub/summary.ts'
import type { Expectation } from '../../src/gossipsub/expectations.ts'
import type { NodeLog } from '../../src/gossipsub/node-logs.ts'

const START_MS = Date.UTC(2024, 0, 1)

describe('gossipsub: what the logs of a mesh say', () => {
  describe('a log', () => {
    it('is read whatever else is in it, with fractions of milliseconds', () => {
      const log = parseNodeLog([
        'not JSON',
        '{"time":"2024-01-01T00:00:00Z","msg":"PeerID","id":"12D3","node_id":4}',
        '{"time":"2024-01-01T00:00:01.0015004Z","level":"INFO","msg":"Received Message","id":"31","topic":"t","from":"12D4"}',
        '{"time":"2024-01-01T01:00:01.25+01:00","msg":"Received Message","id":"31"}',
        '{"msg":"Sent Message","id":"32"}',
        'null',
        '{"msg":"Peer Protocol","id":"12D4","protocol":"/meshsub/1.1.0"}',
        ''
      ].join('\n'))

      expect(log.nodeId).to.equal(4)
      expect(log.peerId).to.equal('12D3')
      expect(log.startedAtMs).to.equal(START_MS)
      expect(log.arrivals.map(({ id }) => id)).to.deep.equal(['31', '31'])
      expect(log.arrivals[0].timeMs - START_MS).to.be.closeTo(1_001.5004, 0.001)
      expect(log.arrivals[1].timeMs - START_MS).to.equal(1_250)
      expect([...log.protocols]).to.deep.equal([['12D4', '/meshsub/1.1.0']])
    })

    it('is refused when it does not say who the node is, or says it twice', () => {
      const line = '{"time":"2024-01-01T00:00:00Z","msg":"PeerID","id":"12D3","node_id":4}'

      expect(() => parseNodeLog('')).to.throw('0 lines')
      expect(() => parseNodeLog(`${line}\n${line}`)).to.throw('2 lines')
    })

    it('is refused with an arrival that has no decimal id or no time', () => {
      const line = '{"time":"2024-01-01T00:00:00Z","msg":"PeerID","id":"12D3","node_id":4}'

      expect(() => parseNodeLog(`${line}\n{"msg":"Received Message","id":31,"time":"2024-01-01T00:00:00Z"}`)).to.throw('no decimal id')
      expect(() => parseNodeLog(`${line}\n{"msg":"Received Message","id":"31"}`)).to.throw('no time')
    })
  })

  describe('deliveries', () => {
    const expected = [message('0', 0, [1, 2]), message('1', 2, [0, 1])]
    const complete = [
      node(0, [['1', 30], ['0', 9]]),
      node(1, [['0', 10], ['0', 12], ['1', 20]]),
      node(2, [['0', 15]])
    ]

    it('are timed from the first arrival, and copies are counted wherever they come', () => {
      const [first, second] = deliveries(expected, complete)

      expect([...first.latenciesMs]).to.deep.equal([[1, 0], [2, 5]])
      // one more at node 1, and one that came back to its publisher
      expect(first.copies).to.equal(2)
      expect([...second.latenciesMs]).to.deep.equal([[0, 10], [1, 0]])
      expect(second.copies).to.equal(0)
    })

    it('are good when all receivers have every message', () => {
      expect(deliveryFaults(deliveries(expected, complete), 0)).to.deep.equal([])
    })

    it('are bad when one receiver has not', () => {
      const logs = [complete[0], complete[1], node(2, [])]

      expect(deliveryFaults(deliveries(expected, logs), 0)).to.deep.equal(['message 0 of node0 on t reached 1 of 2 nodes, not node2'])
    })

    it('are good when it is a warm-up message that is missing', () => {
      const logs = [complete[0], complete[1], node(2, [])]

      expect(deliveryFaults(deliveries(expected, logs), 1)).to.deep.equal([])
    })

    it('are bad when nobody has a message', () => {
      const logs = [node(0, []), node(1, [['0', 1]]), node(2, [['0', 1]])]

      expect(deliveryFaults(deliveries(expected, logs), 0)).to.deep.equal(['message 1 of node2 on t reached 0 of 2 nodes, not node0, node1'])
    })

    it('are bad when a node has a message that is not subscribed', () => {
      const logs = deliveries([message('0', 0, [1])], [node(0, []), node(1, [['0', 1]]), node(2, [['0', 2]])])

      expect(deliveryFaults(logs, 0)).to.deep.equal(['message 0 on t reached node2, not subscribed'])
    })

    it('are bad when there is nothing to count, or nobody to reach', () => {
      expect(deliveryFaults(deliveries(expected, complete), 2)).to.deep.equal(['no messages are left after the first 2 of 2'])
      expect(deliveryFaults(deliveries([message('0', 0, [])], complete.slice(0, 1)), 0)).to.deep.equal(['message 0 on t has nobody to reach'])
    })
  })

  describe('the summary', () => {
    const all = deliveries([message('9', 0, [1]), message('0', 0, [1, 2, 3]), message('1', 0, [1, 2, 3])], [
      node(0, []),
      node(1, [['9', 0], ['0', 0], ['0', 1], ['1', 100]]),
      node(2, [['0', 10], ['1', 120], ['1', 121], ['1', 122]]),
      node(3, [['0', 40], ['1', 130]])
    ])

    it('has percentiles of all but the first arrivals, the mean of the last, and copies for each receiver', () => {
      const summary = summarize(all, 1)

      expect(summary.p50Ms).to.equal(20)
      expect(summary.p99Ms).to.equal(40)
      expect(summary.lastMs).to.equal(35)
      expect(summary.duplicates).to.equal((1 / 3 + 2 / 3) / 2)
    })

    it('is refused when nothing was delivered', () => {
      expect(() => summarize(all, 3)).to.throw(RangeError)
    })

    it('is written as the analysis of libp2p has it', () => {
      expect(analysis(all, 2)).to.equal([
        'Message ID, Time to Disseminate, p50 to Disseminate, Avg Duplicate Count, Reached percent',
        '1, 0.03s, 0.02s, 0.5, 1',
        ''
      ].join('\n'))
    })
  })

  describe('who the nodes are', () => {
    it('is right when each has the peer id of its number', () => {
      expect(identityFaults([node(1, []), node(0, [])], ['peer0', 'peer1'])).to.deep.equal([])
    })

    it('is wrong with another peer id, or when a node is missing', () => {
      expect(identityFaults([node(0, [])], ['peer9', 'peer1'])).to.deep.equal([
        'node0 has the peer id peer0, not peer9',
        'node1 has the peer id of nobody, not peer1'
      ])
    })
  })

  describe('the versions', () => {
    const members = [{ peer: 'quicmesh' }, { peer: 'go', protocolVersion: '1.0' as const }, { peer: 'quicmesh', protocolVersion: '1.1' as const }]

    it('are right when each pair speaks the newest that both have', () => {
      const logs = [
        node(0, [], [['peer1', '/meshsub/1.0.0'], ['peer2', '/meshsub/1.1.0']]),
        node(1, []),
        node(2, [], [['peer1', '/meshsub/1.0.0'], ['peer0', '/meshsub/1.1.0']])
      ]

      expect(protocolFaults(members, logs)).to.deep.equal([])
    })

    it('are wrong when a node that was limited speaks a newer one', () => {
      const logs = [node(0, [], [['peer1', '/meshsub/1.2.0']]), node(1, []), node(2, [], [['peer0', '/meshsub/1.1.0']])]

      expect(protocolFaults(members, logs)).to.deep.equal(['node0 (quicmesh) speaks /meshsub/1.2.0 with node1 (go@1.0), not /meshsub/1.0.0'])
    })

    it('are wrong when one of our nodes speaks with nobody, or with a stranger', () => {
      const logs = [node(0, []), node(1, []), node(2, [], [['peer7', '/meshsub/1.1.0']])]

      expect(protocolFaults(members, logs)).to.deep.equal(['node0 speaks with nobody', 'node2 speaks with a stranger'])
    })
  })
})

function message (id: string, publisher: number, receivers: number[]): Expectation {
  return { id, topic: 't', publisher, receivers: new Set(receivers) }
}

function node (nodeId: number, arrivals: Array<[id: string, ms: number]>, protocols: Array<[string, string]> = []): NodeLog {
  return {
    nodeId,
    peerId: `peer${nodeId}`,
    startedAtMs: START_MS,
    arrivals: arrivals.map(([id, ms]) => ({ id, timeMs: START_MS + ms })),
    protocols: new Map(protocols)
  }
}
