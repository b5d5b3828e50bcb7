/**
 * The scripts of libp2p's gossipsub-interop, drawn from a seed. The choices are as there (experiment.py); the numbers that are drawn are
 * not, as that would take Python's generator.
 */
import { SeededRandom } from './random.ts'
import type { Timings } from './timings.ts'
import type { GoParams } from '../../peers/js/gossipsub/go-params.ts'
import type { Instruction, Params } from '../../peers/js/gossipsub/script.ts'

export const scenarios = ['subnet-blob-msg', 'simple-fanout'] as const

export type ScenarioName = typeof scenarios[number]

export interface ScenarioOptions {
  scenario: ScenarioName
  nodeCount: number
  seed: number
  timings: Timings
  /** Nothing but the mesh: no IHAVE is sent. */
  isGossipDisabled?: boolean
}

/** Each node has at least this many connections, in a mesh of that many other nodes. */
const CONNECTIONS_PER_NODE = 20

export const MESSAGE_COUNT = 16

/** The first messages, which are not counted: with them the meshes settle. */
export const WARM_UP_COUNT = 4

/** 48 blobs of 2 KiB, a column of a block. */
const BLOB_MESSAGE_BYTES = 48 * 2 * 1_024

const SMALL_MESSAGE_BYTES = 1_024

/** What checking a column takes. */
const VALIDATION_DELAY_SECONDS = 0.005

/** Heartbeats are spread: each node's first is so much later than that of the node before. */
const FIRST_HEARTBEAT_MICROSECONDS = 100_000
const HEARTBEAT_SPREAD_MICROSECONDS = 100

/** @throws {RangeError} for fewer than two nodes, or when they publish before they connect */
export function createParams ({ scenario, nodeCount, seed, timings, isGossipDisabled = false }: ScenarioOptions): Params {
  if (!Number.isInteger(nodeCount) || nodeCount < 2) {
    throw new RangeError(`${nodeCount} nodes are no mesh`)
  }

  if (timings.connectSeconds >= timings.publishSeconds) {
    throw new RangeError(`Nodes that connect after ${timings.connectSeconds} s can't publish after ${timings.publishSeconds} s`)
  }

  const random = new SeededRandom(seed)
  const nodes = Array.from({ length: nodeCount }, (_, id) => id)
  const start = [
    ...spreadHeartbeats(nodes, isGossipDisabled),
    waitUntil(timings.connectSeconds)
  ]

  switch (scenario) {
    case 'subnet-blob-msg': return { script: [...start, ...subnetBlobMessages(nodes, random, timings)] }
    case 'simple-fanout': return { script: [...start, ...simpleFanout(nodes, random, timings)] }
    default: throw new RangeError(`Unknown scenario ${String(scenario satisfies never)}`)
  }
}

/** One topic, all subscribed, messages of 96 KiB that take 5 ms to validate. */
function subnetBlobMessages (nodes: number[], random: SeededRandom, timings: Timings): Instruction[] {
  const topicID = 'a-subnet'

  return [
    { type: 'setTopicValidationDelay', topicID, delaySeconds: VALIDATION_DELAY_SECONDS },
    ...randomConnections(nodes, random),
    { type: 'subscribeToTopic', topicID, partial: false },
    ...randomPublishes(nodes, random, timings, BLOB_MESSAGE_BYTES, [topicID])
  ]
}

/** Two topics, each with half of the nodes: who publishes is a subscriber or not. */
function simpleFanout (nodes: number[], random: SeededRandom, timings: Timings): Instruction[] {
  const topics = ['topic-a', 'topic-b']

  return [
    ...randomConnections(nodes, random),
    ...nodes.map(id => only(id, { type: 'subscribeToTopic', topicID: topics[id % topics.length], partial: false })),
    ...randomPublishes(nodes, random, timings, SMALL_MESSAGE_BYTES, topics)
  ]
}

function spreadHeartbeats (nodes: number[], isGossipDisabled: boolean): Instruction[] {
  return nodes.map((id) => {
    const HeartbeatInitialDelay = (FIRST_HEARTBEAT_MICROSECONDS + (id + 1) * HEARTBEAT_SPREAD_MICROSECONDS) * 1_000
    const gossipSubParams: GoParams = isGossipDisabled ? { HeartbeatInitialDelay, Dlazy: 0, GossipFactor: 0 } : { HeartbeatInitialDelay }

    return only(id, { type: 'initGossipSub', gossipSubParams })
  })
}

/** Nodes dial others at random until they have connections enough, those included that they were dialled for. */
function randomConnections (nodes: number[], random: SeededRandom): Instruction[] {
  const wanted = Math.min(CONNECTIONS_PER_NODE, nodes.length - 1)
  const connected = nodes.map(() => new Set<number>())

  return nodes.flatMap((id) => {
    const connectTo: number[] = []

    while (connected[id].size < wanted) {
      const other = random.below(nodes.length)

      if (other !== id && !connected[id].has(other)) {
        connected[id].add(other)
        connected[other].add(id)
        connectTo.push(other)
      }
    }

    return connectTo.length === 0 ? [] : [only(id, { type: 'connect', connectTo })]
  })
}

function randomPublishes (nodes: number[], random: SeededRandom, timings: Timings, messageSizeBytes: number, topics: string[]): Instruction[] {
  const { publishSeconds, intervalSeconds } = timings
  const publishes = Array.from({ length: MESSAGE_COUNT }, (_, messageID): Instruction[] => [
    only(random.choose(nodes), { type: 'publish', messageID, topicID: random.choose(topics), messageSizeBytes }),
    waitUntil(publishSeconds + (messageID + 1) * intervalSeconds)
  ])

  return [waitUntil(publishSeconds), ...publishes.flat(), waitUntil(endSeconds(timings))]
}

/** When the nodes end. */
export function endSeconds ({ publishSeconds, intervalSeconds, flushSeconds }: Timings): number {
  return publishSeconds + MESSAGE_COUNT * intervalSeconds + flushSeconds
}

function only (nodeID: number, instruction: Instruction): Instruction {
  return { type: 'ifNodeIDEquals', nodeID, instruction }
}

function waitUntil (elapsedSeconds: number): Instruction {
  return { type: 'waitUntil', elapsedSeconds }
}
