import { MESSAGE_BYTES } from '../frames.ts'
import { headline } from '../metric.ts'
import { GOSSIP_MESSAGES } from './growth.ts'
import { inRouter } from './in-router.ts'
import { COPIES, FORWARDS } from './mesh.ts'
import { SEEN_AGAIN } from './seen-ids.ts'
import type { Figure } from '../figures.ts'
import type { RouterFigureName } from './router-process.ts'

type GrowthFigureName = Extract<RouterFigureName, `by-${string}`>

const MESSAGE_METRICS = [headline('CPU us/new', 'us'), headline('CPU us/duplicate', 'usDuplicate')]
const HEARTBEAT_METRIC = headline('CPU ms/heartbeat', 'ms')

/** Parts of the small messages that a point of larger ones has: it takes no longer. */
const SHARE_OF_MESSAGES: Array<{ fromBytes: number, share: number }> = [
  { fromBytes: 100_000, share: 0.03 },
  { fromBytes: 10_000, share: 0.2 },
  { fromBytes: 0, share: 1 }
]

/** How what the router costs grows. One message in a turn of the event loop; whatever does not grow is as in the workload. */
export const GROWTH_FIGURES = {
  'by-peers': {
    describe: ({ growthMessages, topics }) => `${growthMessages} new messages of ${MESSAGE_BYTES} bytes with ${FORWARDS} forwards each, ${COPIES - 1} duplicates of each, and heartbeats that gossip about ${GOSSIP_MESSAGES} messages, of ${topics} topic to which all peers are subscribed`,
    metrics: [...MESSAGE_METRICS, HEARTBEAT_METRIC],
    sweep: { label: 'peers', scale: 'log', values: [10, 50, 100], quickValues: [10, 100], apply: (workload, peers) => ({ ...workload, peers }) },
    everyNthRound: 2,
    measure: inRouter('by-peers')
  },
  'by-topics': {
    describe: ({ growthMessages, peers }) => `the same with ${peers} peers that are subscribed to all topics; the ${growthMessages} messages are of all topics in turn`,
    metrics: [...MESSAGE_METRICS, HEARTBEAT_METRIC],
    sweep: { label: 'topics', scale: 'log', values: [1, 64, 128], quickValues: [1, 128], apply: (workload, topics) => ({ ...workload, topics }) },
    everyNthRound: 2,
    measure: inRouter('by-topics')
  },
  'by-size': {
    describe: ({ growthMessages, peers }) => `${growthMessages} small messages, or fewer large ones, with ${FORWARDS} forwards each, and ${COPIES - 1} duplicates of each, with ${peers} peers; in pieces of 64 KiB`,
    metrics: MESSAGE_METRICS,
    sweep: {
      label: 'message size, bytes',
      scale: 'log',
      values: [MESSAGE_BYTES, 16 * 1_024, 128 * 1_024],
      quickValues: [MESSAGE_BYTES, 128 * 1_024],
      apply: (workload, messageBytes) => ({ ...workload, messageBytes, growthMessages: fewerLarge(workload.growthMessages, messageBytes) })
    },
    everyNthRound: 2,
    measure: inRouter('by-size')
  },
  'by-seen-ids': {
    describe: () => `memory of ids of 20 bytes that were seen; CPU of ${SEEN_AGAIN} duplicates that are spread over all of them, and of a heartbeat that has nothing else to do`,
    metrics: [headline('bytes/id', 'bytes'), headline('CPU us/duplicate', 'usDuplicate'), HEARTBEAT_METRIC],
    sweep: {
      label: 'ids that were seen',
      scale: 'log',
      values: [10_000, 100_000, 1_000_000, 2_000_000],
      quickValues: [10_000, 100_000],
      apply: (workload, seenIds) => ({ ...workload, seenIds })
    },
    everyNthRound: 5,
    measure: inRouter('by-seen-ids')
  }
} satisfies Record<GrowthFigureName, Figure>

function fewerLarge (messages: number, messageBytes: number): number {
  const { share = 1 } = SHARE_OF_MESSAGES.find(({ fromBytes }) => messageBytes >= fromBytes) ?? {}

  return Math.max(1, Math.round(messages * share))
}
