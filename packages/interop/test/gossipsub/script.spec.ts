import { expect } from 'aegir/chai'
import { runScript } from '../../peers/js/gossipsub/run-script.ts'
import { parseParams, ScriptError } from '../../peers/js/gossipsub/script.ts'
import type { ScriptedNode } from '../../peers/js/gossipsub/run-script.ts'
import type { Instruction } from '../../peers/js/gossipsub/script.ts'

describe('gossipsub: the script that a node reads', () => {
  const refused: Array<[why: string, instruction: unknown, text: RegExp]> = [
    ['an unknown type', { type: 'dance' }, /script\[0\]: unknown instruction type "dance"/],
    ['an unknown type for another node', { type: 'ifNodeIDEquals', nodeID: 7, instruction: { type: 'dance' } }, /script\[0\]\.instruction: unknown instruction type "dance"/],
    ['no type', {}, /unknown instruction type/],
    ['no object', 'connect', /script\[0\] is not an instruction/],
    ['addPartialMessage', { type: 'addPartialMessage', topicID: 'a', groupID: 1, parts: 3 }, /addPartialMessage is not supported: this implementation has no partial messages/],
    ['publishPartial', { type: 'publishPartial', topicID: 'a', groupID: 1 }, /publishPartial is not supported/],
    ['a subscription with partial messages', { type: 'subscribeToTopic', topicID: 'a', partial: true }, /subscribeToTopic with partial is not supported/],
    ['a message too short for its id', { type: 'publish', topicID: 'a', messageID: 1, messageSizeBytes: 7 }, /messageSizeBytes of publish is 7/],
    ['a message beyond 10 MiB', { type: 'publish', topicID: 'a', messageID: 1, messageSizeBytes: 10 * 1024 * 1024 }, /messageSizeBytes of publish is 10485760/],
    ['a negative time', { type: 'waitUntil', elapsedSeconds: -1 }, /elapsedSeconds of waitUntil is -1/],
    ['a node that is no number', { type: 'connect', connectTo: ['node1'] }, /connectTo of connect is \["node1"\]/],
    ['a topic that is missing', { type: 'subscribeToTopic' }, /topicID of subscribeToTopic is undefined/],
    ['a parameter that go does not have', { type: 'initGossipSub', gossipSubParams: { Dmax: 3 } }, /unknown parameter Dmax/],
    ['a parameter that is no number', { type: 'initGossipSub', gossipSubParams: { D: '6' } }, /parameter D is "6"/]
  ]

  for (const [why, instruction, text] of refused) {
    it(`is refused for ${why}`, () => {
      expect(() => parseParams(JSON.stringify({ script: [instruction] }))).to.throw(ScriptError, text)
    })
  }

  it('is refused without a script, and when it is no JSON', () => {
    expect(() => parseParams('{}')).to.throw(ScriptError, /no script/)
    expect(() => parseParams('script')).to.throw(ScriptError, /not JSON/)
  })

  it('is refused when instructions are nested without end', () => {
    let instruction: unknown = { type: 'waitUntil', elapsedSeconds: 1 }

    for (let depth = 0; depth < 10; depth++) {
      instruction = { type: 'ifNodeIDEquals', nodeID: 1, instruction }
    }

    expect(() => parseParams(JSON.stringify({ script: [instruction] }))).to.throw(ScriptError, /nested too deeply/)
  })

  it('may leave out partial, and have parameters that are null', () => {
    const { script } = parseParams('{"script":[{"type":"subscribeToTopic","topicID":"a"},{"type":"initGossipSub","gossipSubParams":{"D":8,"Dlo":null}}]}')

    expect(script).to.deep.equal([
      { type: 'subscribeToTopic', topicID: 'a', partial: false },
      { type: 'initGossipSub', gossipSubParams: { D: 8 } }
    ])
  })

  it('is done in order, one instruction after the other, those for other nodes left out', async () => {
    const calls: unknown[] = []
    const script: Instruction[] = [
      { type: 'initGossipSub', gossipSubParams: { D: 6 } },
      { type: 'setTopicValidationDelay', topicID: 'a', delaySeconds: 0.005 },
      { type: 'ifNodeIDEquals', nodeID: 3, instruction: { type: 'connect', connectTo: [1, 2] } },
      { type: 'ifNodeIDEquals', nodeID: 4, instruction: { type: 'connect', connectTo: [3] } },
      { type: 'subscribeToTopic', topicID: 'a', partial: false },
      { type: 'waitUntil', elapsedSeconds: 120 },
      { type: 'publish', topicID: 'a', messageID: 9, messageSizeBytes: 64 }
    ]

    await runScript(script, 3, recordingNode(calls))

    expect(calls).to.deep.equal([
      ['init', { D: 6 }],
      ['delayValidation', 'a', 5],
      ['connect', [1, 2]],
      ['subscribe', 'a'],
      ['waitUntil', 120_000],
      ['publish', 'a', 9, 64]
    ])
  })

  it('ends with the first instruction that fails', async () => {
    const calls: unknown[] = []
    const node = { ...recordingNode(calls), connect: async () => { throw new Error('nobody there') } }
    const script: Instruction[] = [{ type: 'connect', connectTo: [1] }, { type: 'subscribeToTopic', topicID: 'a', partial: false }]

    await expect(runScript(script, 0, node)).to.eventually.be.rejectedWith('nobody there')
    expect(calls).to.deep.equal([])
  })
})

/** Each call is over a turn later, so that whoever does not wait for it is found out. */
function recordingNode (calls: unknown[]): ScriptedNode {
  const later = (name: string) => async (...args: unknown[]): Promise<void> => {
    await new Promise(resolve => setTimeout(resolve))
    calls.push([name, ...args])
  }
  const atOnce = (name: string) => (...args: unknown[]): void => { calls.push([name, ...args]) }

  return {
    init: later('init'),
    connect: later('connect'),
    subscribe: atOnce('subscribe'),
    delayValidation: atOnce('delayValidation'),
    publish: later('publish'),
    waitUntil: later('waitUntil')
  }
}
