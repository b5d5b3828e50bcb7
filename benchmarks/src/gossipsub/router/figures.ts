import { ETHEREUM_FIGURES } from '../ethereum/figures.ts'
import { MESSAGE_BYTES } from '../frames.ts'
import { aside, headline } from '../metric.ts'
import { LARGE_BYTES } from './forwarding.ts'
import { GROWTH_FIGURES } from './growth-figures.ts'
import { HEARTBEAT_PEERS, HEARTBEAT_TOPICS } from './heartbeat.ts'
import { inRouter } from './in-router.ts'
import { COPIES, FORWARDS, PEERS } from './mesh.ts'
import { SUBSCRIBED_TOPICS, SUBSCRIBING_PEERS } from './subscribing.ts'
import type { Figure } from '../figures.ts'
import type { RouterFigureName } from './router-process.ts'

/**
 * What the router costs by itself, over stub streams. CPU is that of the process, all threads, less what the same loop takes over
 * streams that nobody reads. One message in a turn of the event loop is what a node sees that keeps up: goals are for it.
 */
export const ROUTER_FIGURES = {
  unique: {
    describe: ({ messages }) => `${messages} new messages of ${MESSAGE_BYTES} bytes, mesh of ${PEERS}, ${FORWARDS} forwards: from frame to write, 1 or 16 in a turn of the event loop`,
    metrics: [
      headline('CPU us, 1 a turn', 'us1', [{ atMost: 10 }]),
      headline('CPU us, 16 a turn', 'us16'),
      aside('writes/forward, 1 a turn', 'sends1'),
      aside('16 a turn', 'sends16'),
      aside('frames/forward', 'frames16')
    ],
    measure: inRouter('unique')
  },
  duplicate: {
    describe: ({ messages }) => `${messages * (COPIES - 1)} messages of ${MESSAGE_BYTES} bytes that were seen before, 1 or 16 in a turn of the event loop`,
    metrics: [
      headline('CPU us, 1 a turn', 'us1', [{ atMost: 1.5 }]),
      headline('CPU us, 16 a turn', 'us16')
    ],
    measure: inRouter('duplicate')
  },
  large: {
    describe: ({ largeMessages }) => `${largeMessages} new messages of ${LARGE_BYTES / 1_024} KiB, each in ${COPIES} copies, mesh of ${PEERS}, ${FORWARDS} forwards`,
    metrics: [
      headline('CPU us', 'us', [{ atMost: 200 }]),
      aside('writes/forward', 'sends')
    ],
    measure: inRouter('large')
  },
  signed: {
    describe: ({ signedMessages }) => `${signedMessages} new messages of ${MESSAGE_BYTES} bytes under StrictSign, each in ${COPIES} copies, mesh of ${PEERS}, ${FORWARDS} forwards, 16 in a turn`,
    metrics: [
      headline('CPU us/unique', 'usUnique'),
      headline('CPU us/duplicate', 'usDuplicate')
    ],
    measure: inRouter('signed')
  },
  seen: {
    describe: ({ fewIds, manyIds }) => `memory of ${fewIds} and of ${manyIds} ids of 20 bytes that were seen, bytes an id`,
    metrics: [
      headline('fewer ids', 'few', [{ atMost: 40 }]),
      headline('more ids', 'many', [{ atMost: 40 }])
    ],
    measure: inRouter('seen')
  },
  cached: {
    describe: ({ cachedMessages }) => `memory of ${cachedMessages} messages of ${MESSAGE_BYTES} bytes that can be asked for, beyond their payload, bytes a message`,
    metrics: [
      headline('with its id', 'bytes', [{ atMost: 400 }]),
      headline('less its id as seen', 'withoutId')
    ],
    measure: inRouter('cached')
  },
  'heartbeat-topics': {
    describe: ({ heartbeats }) => `${heartbeats} heartbeats of ${HEARTBEAT_TOPICS} topics with ${HEARTBEAT_PEERS} peers each, nothing to gossip about`,
    metrics: [headline('CPU ms', 'ms', [{ atMost: 3 }])],
    measure: inRouter('heartbeat-topics')
  },
  'heartbeat-ids': {
    describe: ({ heartbeats, gossipIds }) => `${heartbeats} heartbeats of 1 topic with ${HEARTBEAT_PEERS} peers, ${gossipIds} messages to gossip about`,
    metrics: [
      headline('CPU ms', 'ms', [{ atMost: 4 }]),
      aside('bytes sent', 'sentBytes')
    ],
    measure: inRouter('heartbeat-ids')
  },
  subscribe: {
    describe: () => `${SUBSCRIBED_TOPICS} calls of subscribe() in a row with ${SUBSCRIBING_PEERS} peers`,
    metrics: [
      headline('frames', 'frames', [{ atMost: 200 }]),
      aside('writes', 'sends')
    ],
    measure: inRouter('subscribe')
  },
  ...GROWTH_FIGURES,
  ...ETHEREUM_FIGURES
} satisfies Record<RouterFigureName, Figure>
