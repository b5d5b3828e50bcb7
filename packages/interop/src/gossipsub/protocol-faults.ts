import { commonProtocol, memberName } from './member.ts'
import type { Member } from './member.ts'
import type { NodeLog } from './node-logs.ts'

/** Those whose programs say what they speak with whom. */
const TELLING_PEER = 'quicmesh'

/** What is wrong with the versions that were negotiated, so that a mesh of old nodes can't pass for one by speaking the newest. */
export function protocolFaults (members: readonly Member[], logs: readonly NodeLog[]): string[] {
  const nodeIds = new Map(logs.map(({ peerId, nodeId }) => [peerId, nodeId]))

  return logs.filter(({ nodeId }) => members[nodeId]?.peer === TELLING_PEER).flatMap(({ nodeId, protocols }) => {
    const own = members[nodeId]
    const spoken = [...protocols].map(([peerId, protocol]) => ({ other: nodeIds.get(peerId), protocol }))

    return [
      ...spoken.length === 0 ? [`node${nodeId} speaks with nobody`] : [],
      ...spoken.flatMap(({ other, protocol }) => {
        const member = other == null ? undefined : members[other]

        if (member == null) {
          return [`node${nodeId} speaks with a stranger`]
        }

        const right = commonProtocol(own, member)

        return protocol === right ? [] : [`node${nodeId} (${memberName(own)}) speaks ${protocol} with node${other} (${memberName(member)}), not ${right}`]
      })
    ]
  })
}
