/**
 * What the parameters of go-libp2p-pubsub are called here. A record of all of them, so that none is forgotten. Durations are
 * nanoseconds there and milliseconds here; `IDontWantMessageTTL` is a number of heartbeats in both.
 */
import type { GossipsubOpts } from '@quicmesh/gossipsub'

/** `GossipSubParams` of go-libp2p-pubsub, in its order. */
export const goParamNames = [
  'D', 'Dlo', 'Dhi', 'Dscore', 'Dout',
  'HistoryLength', 'HistoryGossip',
  'Dlazy', 'GossipFactor', 'GossipRetransmission',
  'HeartbeatInitialDelay', 'HeartbeatInterval', 'SlowHeartbeatWarning',
  'FanoutTTL', 'PrunePeers', 'PruneBackoff', 'UnsubscribeBackoff',
  'Connectors', 'MaxPendingConnections', 'ConnectionTimeout',
  'DirectConnectTicks', 'DirectConnectInitialDelay',
  'OpportunisticGraftTicks', 'OpportunisticGraftPeers', 'GraftFloodThreshold',
  'MaxIHaveLength', 'MaxIHaveMessages', 'MaxIDontWantLength', 'MaxIDontWantMessages',
  'IWantFollowupTime', 'IDontWantMessageThreshold', 'IDontWantMessageTTL'
] as const

export type GoParamName = typeof goParamNames[number]

/** Those that are given; the others have this implementation's own defaults. */
export type GoParams = Partial<Record<GoParamName, number>>

export interface GossipOptions {
  options: Partial<GossipsubOpts>
  /** What was given and has no effect here, and why. */
  withoutEffect: Array<{ name: GoParamName, why: string }>
}

export function gossipOptions (params: GoParams): GossipOptions {
  const result: GossipOptions = { options: {}, withoutEffect: [] }

  for (const name of goParamNames) {
    const value = params[name]

    if (value == null) {
      continue
    }

    const counterpart = counterparts[name]

    if (typeof counterpart === 'string') {
      result.withoutEffect.push({ name, why: counterpart })
    } else {
      Object.assign(result.options, counterpart(value, params))
    }
  }

  return result
}

/** The options that a parameter is, or why there is none. */
type Counterpart = string | ((value: number, all: GoParams) => Partial<GossipsubOpts>)

/** `GossipSubMaxIDontWantLength` and `GossipSubMaxIDontWantMessages` of go-libp2p-pubsub. */
const GO_MAX_IDONTWANT_LENGTH = 10
const GO_MAX_IDONTWANT_MESSAGES = 1_000

const counterparts: Record<GoParamName, Counterpart> = {
  D: D => ({ D }),
  Dlo: Dlo => ({ Dlo }),
  Dhi: Dhi => ({ Dhi }),
  Dscore: Dscore => ({ Dscore }),
  Dout: Dout => ({ Dout }),
  HistoryLength: mcacheLength => ({ mcacheLength }),
  HistoryGossip: mcacheGossip => ({ mcacheGossip }),
  Dlazy: Dlazy => ({ Dlazy }),
  GossipFactor: gossipFactor => ({ gossipFactor }),
  GossipRetransmission: gossipRetransmission => ({ gossipRetransmission }),
  HeartbeatInitialDelay: value => ({ heartbeatInitialDelay: milliseconds(value) }),
  HeartbeatInterval: value => ({ heartbeatInterval: milliseconds(value) }),
  SlowHeartbeatWarning: 'a slow heartbeat is not warned of',
  FanoutTTL: value => ({ fanoutTTL: milliseconds(value) }),
  PrunePeers: prunePeers => ({ prunePeers }),
  PruneBackoff: value => ({ pruneBackoff: milliseconds(value) }),
  UnsubscribeBackoff: value => ({ unsubscribeBackoff: milliseconds(value) }),
  Connectors: 'the connection manager of libp2p limits how many dials are under way',
  MaxPendingConnections: 'how many peers of peer exchange may wait to be dialled is a constant',
  ConnectionTimeout: 'the connection manager of libp2p ends dials',
  DirectConnectTicks: directConnectTicks => ({ directConnectTicks }),
  DirectConnectInitialDelay: value => ({ directConnectInitialDelay: milliseconds(value) }),
  OpportunisticGraftTicks: opportunisticGraftTicks => ({ opportunisticGraftTicks }),
  OpportunisticGraftPeers: opportunisticGraftPeers => ({ opportunisticGraftPeers }),
  GraftFloodThreshold: value => ({ graftFloodThreshold: milliseconds(value) }),
  MaxIHaveLength: maxIHaveLength => ({ maxIHaveLength }),
  MaxIHaveMessages: maxIHaveMessages => ({ maxIHaveMessages }),
  MaxIDontWantLength: (_, all) => idontwantIds(all),
  MaxIDontWantMessages: (_, all) => idontwantIds(all),
  IWantFollowupTime: value => ({ gossipsubIWantFollowupMs: milliseconds(value) }),
  IDontWantMessageThreshold: idontwantMinDataSize => ({ idontwantMinDataSize }),
  IDontWantMessageTTL: idontwantTtl => ({ idontwantTtl })
}

/** There a frame counts, and its first ids; here all ids of a heartbeat do. */
function idontwantIds ({ MaxIDontWantLength = GO_MAX_IDONTWANT_LENGTH, MaxIDontWantMessages = GO_MAX_IDONTWANT_MESSAGES }: GoParams): Partial<GossipsubOpts> {
  return { idontwantMaxMessages: MaxIDontWantLength * MaxIDontWantMessages }
}

function milliseconds (nanoseconds: number): number {
  return nanoseconds / 1_000_000
}
