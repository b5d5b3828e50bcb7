/**
 * What the outbox and the inbox cost per small message, without what streams cost: run by `node --experimental-transform-types
 * test/bench/outbox.ts`. Prints; asserts nothing; not part of the tests.
 */
import { Inbox } from '../../src/net/inbox.ts'
import { Outbox } from '../../src/net/outbox.ts'
import { Task, Turn } from '../../src/net/turn.ts'
import { frameMessage, frameRpc } from '../../src/wire/encode.ts'
import { RPC } from '../../src/wire/rpc.ts'
import type { Stream } from '@libp2p/interface'

const PEERS = 7
const ROUNDS = 300_000
const REPEATS = 5

/** Takes everything and does nothing. */
class StubStream {
  readonly writableNeedsDrain = false
  readonly writeBufferLength = 0
  writes = 0

  send (): boolean {
    this.writes++
    return true
  }

  addEventListener (): void {}
  removeEventListener (): void {}
}

function ns (startMs: number, operations: number): string {
  return `${((performance.now() - startMs) * 1e6 / operations).toFixed(0)} ns`
}

function bench (name: string, run: () => string): void {
  const results = Array.from({ length: REPEATS }, run)
  process.stdout.write(`${name}: ${results.slice(1).join(', ')}\n`)
}

const frame = frameMessage(RPC.Message.encode({ topic: 'a topic', data: new Uint8Array(250) }))
const id = Uint8Array.from({ length: 20 }, (_, i) => i)
const none = { ihave: [], iwant: [], graft: [], prune: [], idontwant: [] }

function createPeers (turn: Turn): { outboxes: Outbox[], stream: StubStream } {
  const stream = new StubStream()
  const outboxes = Array.from({ length: PEERS }, () => new Outbox({ turn, maxBytes: 1e9, onDrop: () => {}, onWriteError: () => {} }))
  outboxes.forEach(outbox => { outbox.attach(stream as unknown as Stream) })
  turn.end()

  return { outboxes, stream }
}

bench('push, first of a turn, per peer', () => {
  const turn = new Turn()
  const { outboxes } = createPeers(turn)
  let spentMs = 0

  for (let i = 0; i < ROUNDS; i++) {
    const start = performance.now()

    for (const outbox of outboxes) {
      outbox.sendMessage(frame, 'forward', id)
    }

    spentMs += performance.now() - start
    turn.end()
  }

  return ns(performance.now() - spentMs, ROUNDS * PEERS)
})

for (const messages of [1, 4, 16]) {
  bench(`push ${messages} and flush them, per message and peer`, () => {
    const turn = new Turn()
    const { outboxes, stream } = createPeers(turn)
    const rounds = ROUNDS / messages
    const start = performance.now()

    for (let i = 0; i < rounds; i++) {
      for (let n = 0; n < messages; n++) {
        for (const outbox of outboxes) {
          outbox.sendMessage(frame, 'forward', id)
        }
      }

      turn.end()
    }

    return `${ns(start, rounds * messages * PEERS)} (${(stream.writes / rounds / messages / PEERS).toFixed(2)} writes)`
  })
}

bench('an IDONTWANT and flush, per peer', () => {
  const turn = new Turn()
  const { outboxes } = createPeers(turn)
  const control = { ...none, idontwant: [{ messageIDs: [id] }] }
  const start = performance.now()

  for (let i = 0; i < ROUNDS; i++) {
    for (const outbox of outboxes) {
      outbox.sendRpc(undefined, control)
    }

    turn.end()
  }

  return ns(start, ROUNDS * PEERS)
})

bench('cancel one of 1,000 that wait', () => {
  const outbox = new Outbox({ turn: new Turn(), maxBytes: 1e9, onDrop: () => {}, onWriteError: () => {} })
  const ids = Array.from({ length: 1_000 }, (_, i) => Uint8Array.from({ length: 20 }, (_, n) => i >> n))
  let spentMs = 0

  for (let round = 0; round < 100; round++) {
    ids.forEach(id => { outbox.sendMessage(frame, 'forward', id) })
    const start = performance.now()
    ids.forEach(id => { outbox.cancel([id]) })
    spentMs += performance.now() - start
  }

  outbox.clear()

  return ns(performance.now() - spentMs, 100_000)
})

bench('frame an IDONTWANT: ours', () => {
  const start = performance.now()

  for (let i = 0; i < ROUNDS; i++) {
    frameRpc({ control: { idontwant: [{ messageIDs: [id] }] } })
  }

  return ns(start, ROUNDS)
})

bench('frame an IDONTWANT: the generated codec', () => {
  const start = performance.now()

  for (let i = 0; i < ROUNDS; i++) {
    RPC.encode({ control: { ...none, idontwant: [{ messageIDs: [id] }] } })
  }

  return ns(start, ROUNDS)
})

bench('inbox: a frame of one message, without the job itself', () => {
  const turn = new Turn()
  const job = { isDone: true, run: () => 1 }
  const inbox = new Inbox({ turn, createJob: () => job, isBlocked: () => false, onPause: () => {}, onResume: () => {} })
  const start = performance.now()

  for (let i = 0; i < ROUNDS; i++) {
    inbox.push(frame)

    // the budget of a turn
    if (i % 64 === 63) {
      turn.atEnd(new Task(() => {}))
      turn.end()
    }
  }

  return ns(start, ROUNDS)
})
