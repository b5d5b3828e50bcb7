import { expect } from 'aegir/chai'
import { createMessage, Harness, nameOf, only, peersToldUnwanted, recipients, TOPIC } from '../router/harness.ts'
import { WorthHarness } from './worth.ts'
import type { RoutedMessage } from '../../src/router/events.ts'

describe('conformance: telling IDONTWANT', () => {
  it('go TestGossipsubIdontwantSend: when a message arrives, before the application is asked', () => {
    const harness = meshHarness(['source', 'peer'])

    const actions = harness.message('source', large(1))

    expect(actions.map(action => action.type)).to.deep.equal(['sendRpc', 'validate'])
    expect(peersToldUnwanted(actions, large(1))).to.deep.equal(['peer'])
  })

  it('rust sends_idontwant_to_supported: all of the mesh but the source is told, once', () => {
    const harness = meshHarness(['source', 'one', 'two', 'three'])

    expect(peersToldUnwanted(harness.message('source', large(1)), large(1))).to.have.members(['one', 'two', 'three'])
    expect(peersToldUnwanted(harness.message('one', large(1)), large(1))).to.be.empty()
    expect(peersToldUnwanted(harness.verdict(large(1), 'accept'), large(1))).to.be.empty()
  })

  it('go TestGossipsubNoIDONTWANTToMessageSender', () => {
    const harness = meshHarness(['source', 'author'])

    expect(peersToldUnwanted(harness.message('source', large(1, 'author')), large(1))).to.be.empty()
  })

  it('go TestGossipsubIDONTWANTBeforeFirstPublish: for a message of our own too, before it', () => {
    const harness = meshHarness(['one', 'two'])

    const actions = harness.publish(large(1))

    expect(peersToldUnwanted(actions, large(1))).to.have.members(['one', 'two'])
    expect(actions.map(action => action.type)).to.deep.equal(['sendRpc', 'sendRpc', 'sendMessage'])
  })

  it('go TestGossipsubIdontwantNonMesh: nobody outside of the mesh', () => {
    const harness = meshHarness(['source'])
    harness.connectSubscribers(['outside'])
    harness.prune('outside', TOPIC)

    expect(peersToldUnwanted(harness.message('source', large(1)), large(1))).to.be.empty()
  })

  it('go TestGossipsubIdontwantIncompat: nobody below version 1.2', () => {
    const harness = meshHarness(['source', 'new'])
    harness.connectSubscribers(['old'], TOPIC, { version: 'v1.1' })
    harness.connectSubscribers(['older'], TOPIC, { version: 'v1.0' })
    harness.connectSubscribers(['oldest'], TOPIC, { mesh: false })
    harness.graft('old', TOPIC)
    harness.graft('older', TOPIC)
    expect(harness.mesh()).to.include.members(['old', 'older'])

    expect(peersToldUnwanted(harness.message('source', large(1)), large(1))).to.deep.equal(['new'])
  })

  it('go TestGossipsubIdontwantSmallMessage: not of messages below idontwantMinDataSize', () => {
    const harness = meshHarness(['source', 'peer'])
    const [small, justLarge] = [createMessage('small', { bytes: 511 }), createMessage('large', { bytes: 512 })]

    expect(peersToldUnwanted(harness.message('source', small), small)).to.be.empty()
    expect(peersToldUnwanted(harness.message('source', justLarge), justLarge)).to.deep.equal(['peer'])
  })
})

describe('conformance: hearing IDONTWANT', () => {
  it('go TestGossipsubIdontwantReceive: the message is not forwarded to the peer, and what waits for it is taken back', () => {
    const harness = meshHarness(['source', 'peer', 'other'])

    const actions = only(harness.idontwant('peer', [large(1)]), 'cancelMessages')

    expect(actions.map(({ peer, ids }) => [peer, ...ids.map(nameOf)])).to.deep.equal([['peer', 'id-1']])
    expect(recipients(harness.validMessage('source', large(1)))).to.deep.equal(['other'])
  })

  it('while the message is validated counts as well', () => {
    const harness = meshHarness(['source', 'peer', 'other'])
    harness.message('source', large(1))
    harness.idontwant('peer', [large(1)])

    expect(recipients(harness.verdict(large(1), 'accept'))).to.deep.equal(['other'])
  })

  it('is obeyed for direct and floodsub peers as for the mesh', () => {
    const harness = meshHarness(['source'])
    harness.addDirect('direct')
    harness.connectSubscribers(['direct'])
    harness.idontwant('direct', [large(1)])

    expect(recipients(harness.validMessage('source', large(1)))).to.be.empty()
  })

  it('rust parses_idontwant: concerns the peer and the id that it named, nothing else', () => {
    const harness = meshHarness(['source', 'peer', 'other'])
    harness.idontwant('peer', [large(1), large(3)])

    const receivers = [1, 2, 3].map(name => recipients(harness.validMessage('source', large(name))).includes('peer'))
    expect(receivers).to.deep.equal([false, true, false])
  })

  it('rust test_handle_iwant_msg_but_already_sent_idontwant, go TestGossipsubIdontwantBeforeIwant: what is not wanted is not sent on IWANT', () => {
    const harness = meshHarness(['source', 'peer'])
    harness.validMessage('source', large(1))
    harness.idontwant('peer', [large(1)])

    expect(recipients(harness.iwant('peer', [large(1)]))).to.be.empty()
    expect(recipients(harness.iwant('source', [large(1)]))).to.deep.equal(['source'])
  })

  it('go TestGossipsubIdontwantClear: is forgotten after idontwantTtl heartbeats, and not before', () => {
    for (const ttl of [1, 2, 3]) {
      const heard = [ttl - 1, ttl].map(ticks => {
        const harness = meshHarness(['source', 'peer'], { idontwantTtl: ttl })
        harness.idontwant('peer', [large(1)])
        Array.from({ length: ticks }, () => harness.tick())

        return recipients(harness.validMessage('source', large(1)))
      })

      expect(heard, `ttl ${ttl}`).to.deep.equal([[], ['peer']])
    }
  })

  it('is nothing to punish when it is ignored: the same message again costs its sender nothing', () => {
    const harness = meshHarness(['source', 'peer'])
    harness.message('source', large(1))
    harness.message('peer', large(1))
    harness.verdict(large(1), 'accept')

    expect(harness.score('peer')).to.equal(0)
  })
})

/** A mesh of these peers, all of version 1.2. */
function meshHarness (peers: string[], params: ConstructorParameters<typeof WorthHarness>[0] = {}): Harness {
  const harness = new WorthHarness(params)
  harness.join()
  harness.connectSubscribers(peers)
  expect(harness.mesh()).to.have.members(peers)

  return harness
}

function large (name: string | number, author?: string): RoutedMessage {
  return createMessage(name, { bytes: 1_000, author })
}
