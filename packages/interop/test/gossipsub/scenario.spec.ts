import { expect } from 'aegir/chai'
import { parseParams } from '../../peers/js/gossipsub/script.ts'
import { expectations } from '../../src/gossipsub/expectations.ts'
import { createParams, endSeconds, MESSAGE_COUNT, scenarios } from '../../src/gossipsub/scenario.ts'
import { afterStart, ciTimings, fullTimings, shortTimings } from '../../src/gossipsub/timings.ts'
import type { Instruction } from '../../peers/js/gossipsub/script.ts'

const NODE_COUNT = 32

describe('gossipsub: the scripts that are drawn', () => {
  for (const scenario of scenarios) {
    describe(scenario, () => {
      it('are the same for the same seed, and others for another', () => {
        const [first, again, other] = [1, 1, 2].map(seed => JSON.stringify(create(scenario, { seed })))

        expect(again).to.equal(first)
        expect(other).to.not.equal(first)
      })

      it('are understood by our node', () => {
        const params = create(scenario)

        expect(parseParams(JSON.stringify(params))).to.deep.equal(params)
      })

      it('connect each node to at least 20 others, no pair twice', () => {
        const neighbours = neighboursOf(create(scenario).script)

        expect(neighbours).to.have.length(NODE_COUNT)
        neighbours.forEach((others, id) => {
          expect(others.length).to.be.at.least(20)
          expect(new Set(others).size).to.equal(others.length)
          expect(others).to.not.include(id)
        })
      })

      it('connect a small mesh fully', () => {
        const neighbours = neighboursOf(create(scenario, { nodeCount: 5 }).script, 5)

        neighbours.forEach((others, id) => {
          expect([...others, id].sort()).to.deep.equal([0, 1, 2, 3, 4])
        })
      })

      it('publish 16 messages at their times', () => {
        for (const timings of [fullTimings, shortTimings, ciTimings]) {
          const { script } = create(scenario, { timings })
          const times = publishTimes(script)

          expect(times).to.deep.equal(Array.from({ length: MESSAGE_COUNT }, (_, index) => timings.publishSeconds + index * timings.intervalSeconds))
          expect(script.at(-1)).to.deep.equal({ type: 'waitUntil', elapsedSeconds: endSeconds(timings) })
        }
      })

      it('begin the heartbeats 0.1 ms after each other, in nanoseconds', () => {
        const delays = create(scenario).script.flatMap(instruction => instruction.type === 'ifNodeIDEquals' && instruction.instruction.type === 'initGossipSub'
          ? [{ node: instruction.nodeID, params: instruction.instruction.gossipSubParams }]
          : [])

        expect(delays).to.have.length(NODE_COUNT)
        delays.forEach(({ node, params }, index) => {
          expect(node).to.equal(index)
          expect(params).to.deep.equal({ HeartbeatInitialDelay: 100_100_000 + index * 100_000 })
        })
      })

      it('turn gossip off when they are asked to', () => {
        const text = JSON.stringify(create(scenario, { isGossipDisabled: true }))

        expect(text.match(/"Dlazy":0,"GossipFactor":0/g)).to.have.length(NODE_COUNT)
      })
    })
  }

  it('have all nodes subscribe to one topic with 96 KiB and a validation of 5 ms: subnet-blob-msg', () => {
    const { script } = create('subnet-blob-msg')
    const text = JSON.stringify(script)

    expect(text.match(/"messageSizeBytes":98304/g)).to.have.length(MESSAGE_COUNT)
    expect(script).to.deep.include({ type: 'setTopicValidationDelay', topicID: 'a-subnet', delaySeconds: 0.005 })
    expectations(script, NODE_COUNT).forEach(({ publisher, receivers }) => {
      expect(receivers.size).to.equal(NODE_COUNT - 1)
      expect(receivers.has(publisher)).to.equal(false)
    })
  })

  it('have half of the nodes on each of two topics, and publishers that are not subscribed: simple-fanout', () => {
    const all = expectations(create('simple-fanout').script, NODE_COUNT)

    for (const { topic, publisher, receivers } of all) {
      const subscribed = Array.from({ length: NODE_COUNT }, (_, id) => id).filter(id => (id % 2 === 0 ? 'topic-a' : 'topic-b') === topic)

      expect([...receivers]).to.deep.equal(subscribed.filter(id => id !== publisher))
    }

    expect(new Set(all.map(({ receivers }) => receivers.size))).to.deep.equal(new Set([NODE_COUNT / 2, NODE_COUNT / 2 - 1]))
  })

  it('are refused for fewer than two nodes', () => {
    expect(() => create('subnet-blob-msg', { nodeCount: 1 })).to.throw(RangeError)
  })

  it('are refused when nodes would publish before they connect', () => {
    expect(() => create('subnet-blob-msg', { timings: { ...ciTimings, connectSeconds: ciTimings.publishSeconds } })).to.throw(RangeError)
  })

  it('have nodes connect later the more of them start at once', () => {
    expect(afterStart(ciTimings, 9).connectSeconds).to.equal(ciTimings.connectSeconds + 6)
    expect(afterStart(fullTimings, 32).connectSeconds).to.equal(fullTimings.connectSeconds + 22)
  })
})

function create (scenario: typeof scenarios[number], options: Partial<Parameters<typeof createParams>[0]> = {}): ReturnType<typeof createParams> {
  return createParams({ scenario, nodeCount: NODE_COUNT, seed: 1, timings: ciTimings, ...options })
}

function neighboursOf (script: Instruction[], nodeCount = NODE_COUNT): number[][] {
  const neighbours = Array.from({ length: nodeCount }, (): number[] => [])

  for (const instruction of script) {
    if (instruction.type === 'ifNodeIDEquals' && instruction.instruction.type === 'connect') {
      for (const other of instruction.instruction.connectTo) {
        neighbours[instruction.nodeID].push(other)
        neighbours[other].push(instruction.nodeID)
      }
    }
  }

  return neighbours
}

function publishTimes (script: Instruction[]): number[] {
  let nowSeconds = 0

  return script.flatMap((instruction) => {
    if (instruction.type === 'waitUntil') {
      nowSeconds = instruction.elapsedSeconds
    }

    return instruction.type === 'ifNodeIDEquals' && instruction.instruction.type === 'publish' ? [nowSeconds] : []
  })
}
