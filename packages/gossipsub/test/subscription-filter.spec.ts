import { expect } from 'aegir/chai'
import { MAX_MATCHED_TOPIC_LENGTH, SubscriptionFilter } from '../src/subscription-filter.ts'
import type { SubscriptionFilterOptions } from '../src/subscription-filter.ts'
import type { RPC } from '../src/wire/rpc.ts'

describe('the subscription filter', () => {
  describe('an allow list', () => {
    const filter = new SubscriptionFilter({ allow: ['a', 'b'] })

    it('allows what is on it', () => {
      expect(allowed(filter, 'a', 'b', 'c', 'A', '')).to.deep.equal(['a', 'b'])
    })

    it('is read once, and may be any list', () => {
      const topics = new Set(['a'])
      const filter = new SubscriptionFilter({ allow: topics })
      topics.add('b')

      expect(allowed(filter, 'a', 'b')).to.deep.equal(['a'])
    })

    it('allows nothing when it is empty', () => {
      expect(allowed(new SubscriptionFilter({ allow: [] }), 'a', '')).to.be.empty()
    })
  })

  describe('a pattern', () => {
    it('matches anywhere unless it says otherwise', () => {
      expect(allowed(new SubscriptionFilter({ pattern: /test/ }), 'test', 'my-test-1', 'tes')).to.deep.equal(['test', 'my-test-1'])
      expect(allowed(new SubscriptionFilter({ pattern: /^test$/ }), 'test', 'my-test-1', 'tes')).to.deep.equal(['test'])
    })

    for (const flags of ['g', 'y', 'gy', 'giy']) {
      it(`with /${flags} gives the same answer each time`, () => {
        const filter = new SubscriptionFilter({ pattern: new RegExp('test', flags) })

        expect([1, 2, 3].map(() => filter.canSubscribe('test'))).to.deep.equal([true, true, true])
      })
    }

    it('keeps the meaning of its flags', () => {
      expect(allowed(new SubscriptionFilter({ pattern: /test/y }), 'test-1', 'my-test')).to.deep.equal(['test-1'])
      expect(allowed(new SubscriptionFilter({ pattern: /test/i }), 'TEST')).to.deep.equal(['TEST'])
    })

    it('is not the application\'s object, whose lastIndex means something to it', () => {
      const pattern = /test/g
      pattern.lastIndex = 3
      const filter = new SubscriptionFilter({ pattern })

      expect(allowed(filter, 'test', 'test')).to.deep.equal(['test', 'test'])
      expect(pattern.lastIndex).to.equal(3)
    })

    it('is not asked about topics that are longer than any good one', () => {
      const filter = new SubscriptionFilter({ pattern: /^a+$/ })

      expect(filter.canSubscribe('a'.repeat(MAX_MATCHED_TOPIC_LENGTH))).to.equal(true)
      expect(filter.canSubscribe('a'.repeat(MAX_MATCHED_TOPIC_LENGTH + 1))).to.equal(false)
    })

    it('allows the empty topic no more than anything else does', () => {
      expect(new SubscriptionFilter({ pattern: /.*/ }).canSubscribe('')).to.equal(false)
      expect(new SubscriptionFilter({}).canSubscribe('')).to.equal(false)
    })
  })

  it('lets a topic pass that passes everything that is given', () => {
    const filter = new SubscriptionFilter({ allow: ['a1', 'b1'], pattern: /^a/ })

    expect(allowed(filter, 'a1', 'a2', 'b1')).to.deep.equal(['a1'])
  })

  describe('incoming subscriptions', () => {
    it('are those of topics of interest, in their order', () => {
      const filter = new SubscriptionFilter({ allow: ['a', 'b', 'c'] })

      expect(incoming(filter, '+c', '+x', '-a', '+y')).to.deep.equal({ kept: ['+c', '-a'], notAllowed: 2, tooMany: 0 })
    })

    it('of no topic are of no interest', () => {
      expect(new SubscriptionFilter({}).filterIncoming([{ subscribe: true }, { subscribe: true, topic: '' }]))
        .to.deep.equal({ subscriptions: [], notAllowed: 2, tooMany: 0 })
    })

    it('stay as they are but for that: the objects, too', () => {
      const announced = subscriptions('+a')

      expect(new SubscriptionFilter({}).filterIncoming(announced).subscriptions[0]).to.equal(announced[0])
    })

    it('count once when they are repeated', () => {
      expect(incoming(new SubscriptionFilter({}), '+a', '+a', '-b', '-b', '+a').kept).to.deep.equal(['+a', '-b'])
    })

    it('cancel each other when they contradict each other', () => {
      const filter = new SubscriptionFilter({})

      expect(incoming(filter, '+a', '-a').kept).to.be.empty()
      expect(incoming(filter, '-a', '+a').kept).to.be.empty()
      expect(incoming(filter, '+a', '-a', '+b').kept).to.deep.equal(['+b'])
      // what comes after a cancelled pair counts, as in the Go implementation
      expect(incoming(filter, '+a', '-a', '+a').kept).to.deep.equal(['+a'])
      expect(incoming(filter, '+a', '+a', '-a', '-a').kept).to.deep.equal(['-a'])
    })

    it('without a word of subscribing are unsubscriptions', () => {
      const { subscriptions } = new SubscriptionFilter({}).filterIncoming([{ topic: 'a' }, { topic: 'a', subscribe: false }])

      expect(subscriptions).to.deep.equal([{ topic: 'a' }])
    })

    it('are all ignored when one RPC has too many, of no interest or not', () => {
      const filter = new SubscriptionFilter({ allow: ['a'], maxPerRpc: 3 })

      expect(incoming(filter, '+a', '+x', '+y')).to.deep.equal({ kept: ['+a'], notAllowed: 2, tooMany: 0 })
      expect(incoming(filter, '+a', '+x', '+y', '+z')).to.deep.equal({ kept: [], notAllowed: 0, tooMany: 4 })
    })

    it('are all ignored when the peer would have too many', () => {
      const filter = new SubscriptionFilter({ maxPerPeer: 3 })
      const current = new Set(['a', 'b'])

      expect(filter.filterIncoming(subscriptions('+c', '+a'), current).tooMany).to.equal(0)
      expect(filter.filterIncoming(subscriptions('+c', '+d'), current).tooMany).to.equal(2)
      expect(filter.filterIncoming(subscriptions('+c', '+d', '-a'), current).tooMany).to.equal(0)
      expect([...current]).to.deep.equal(['a', 'b'])
    })

    it('may become fewer even if the peer had too many before', () => {
      const filter = new SubscriptionFilter({ maxPerPeer: 1 })

      expect(filter.filterIncoming(subscriptions('-a'), new Set(['a', 'b', 'c'])).subscriptions).to.deep.equal(subscriptions('-a'))
    })
  })

  const invalid: Array<[string, SubscriptionFilterOptions]> = [
    ['maxPerRpc', { maxPerRpc: 0 }],
    ['maxPerRpc', { maxPerRpc: 1.5 }],
    ['maxPerRpc', { maxPerRpc: NaN }],
    ['maxPerPeer', { maxPerPeer: -1 }],
    ['allow', { allow: 'topic' }],
    ['pattern', { pattern: JSON.parse('"topic"') }]
  ]

  for (const [option, options] of invalid) {
    it(`says what is wrong with ${JSON.stringify(options)}`, () => {
      expect(() => new SubscriptionFilter(options)).to.throw(`subscriptionFilter.${option}`).with.property('name', 'InvalidParametersError')
    })
  }
})

function allowed (filter: SubscriptionFilter, ...topics: string[]): string[] {
  return topics.filter(topic => filter.canSubscribe(topic))
}

/** `+topic` subscribes, `-topic` unsubscribes. */
function subscriptions (...words: string[]): RPC.SubOpts[] {
  return words.map(word => ({ subscribe: word.startsWith('+'), topic: word.slice(1) }))
}

function incoming (filter: SubscriptionFilter, ...words: string[]): { kept: string[], notAllowed: number, tooMany: number } {
  const { subscriptions: kept, notAllowed, tooMany } = filter.filterIncoming(subscriptions(...words))

  return { kept: kept.map(({ subscribe, topic }) => `${subscribe === true ? '+' : '-'}${topic}`), notAllowed, tooMany }
}
