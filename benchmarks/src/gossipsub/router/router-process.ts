import { answerParent } from '../../processes/channel.ts'
import { loadContestant } from '../contestants.ts'
import { measureConsensusNode } from '../ethereum/consensus-node.ts'
import { measureDuplicate, measureLarge, measureUnique } from './forwarding.ts'
import { measureGrowingMessages, measureGrowingNode } from './growth.ts'
import { measureGossipHeartbeats, measureTopicHeartbeats } from './heartbeat.ts'
import { measureCached, measureSeen } from './memory.ts'
import { measureSeenIds } from './seen-ids.ts'
import { measureSigned } from './signed.ts'
import { measureSubscribing } from './subscribing.ts'
import type { ContestantInit, PubsubFactory } from '../contestants.ts'
import type { Workload } from '../workload.ts'

export interface RouterVerbs {
  measure: { argument: RouterTask, result: Record<string, number> }
}

export interface RouterTask {
  contestant: ContestantInit
  figure: RouterFigureName
  workload: Workload
}

const MEASURES = {
  unique: measureUnique,
  duplicate: measureDuplicate,
  large: measureLarge,
  signed: measureSigned,
  seen: measureSeen,
  cached: measureCached,
  'heartbeat-topics': measureTopicHeartbeats,
  'heartbeat-ids': measureGossipHeartbeats,
  subscribe: measureSubscribing,
  'by-peers': measureGrowingNode,
  'by-topics': measureGrowingNode,
  'by-size': measureGrowingMessages,
  'by-seen-ids': measureSeenIds,
  ethereum: measureConsensusNode
} satisfies Record<string, (create: PubsubFactory, workload: Workload) => Promise<Record<string, number>>>

export type RouterFigureName = keyof typeof MEASURES

answerParent<RouterVerbs>({
  measure: async ({ contestant, figure, workload }) => MEASURES[figure](await loadContestant(contestant), workload)
})
