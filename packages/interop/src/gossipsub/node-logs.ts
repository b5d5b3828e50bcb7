/** Reads what nodes of any implementation log: lines of JSON, of which the checks need three kinds. */

export interface Arrival {
  /** Since 1970, ms, with fractions. */
  timeMs: number
  /** Of the message. */
  id: string
}

export interface NodeLog {
  /** As the node says. */
  nodeId: number
  peerId: string
  /** When it said so, since 1970, ms. */
  startedAtMs: number
  /** All, copies too, in the order of the log. */
  arrivals: Arrival[]
  /** What it speaks, by peer id: only our own programs say so. */
  protocols: Map<string, string>
}

/** @throws {Error} when the log has not exactly one line that says who the node is, or a line without id or time */
export function parseNodeLog (text: string): NodeLog {
  const log: Pick<NodeLog, 'arrivals' | 'protocols'> = { arrivals: [], protocols: new Map() }
  const identities: Array<Pick<NodeLog, 'nodeId' | 'peerId' | 'startedAtMs'>> = []

  for (const line of text.split('\n')) {
    const { msg, time, id, node_id: nodeId, protocol } = parseLine(line)

    if (msg === 'PeerID') {
      identities.push({ peerId: String(id), nodeId: Number(nodeId), startedAtMs: milliseconds(time, line) })
    } else if (msg === 'Received Message') {
      log.arrivals.push({ id: messageId(id, line), timeMs: milliseconds(time, line) })
    } else if (msg === 'Peer Protocol') {
      log.protocols.set(String(id), String(protocol))
    }
  }

  if (identities.length !== 1) {
    throw new Error(`A log has ${identities.length} lines that say who the node is`)
  }

  return { ...log, ...identities[0] }
}

/** As in libp2p's checks, what is no JSON is not for us. */
function parseLine (line: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(line)

    return typeof parsed === 'object' && parsed != null ? { ...parsed } : {}
  } catch {
    return {}
  }
}

function messageId (id: unknown, line: string): string {
  if (typeof id !== 'string' || !/^\d+$/.test(id)) {
    throw new Error(`An arrival has no decimal id: ${line}`)
  }

  return id
}

/** `Date` has no more than milliseconds, go and rust log nanoseconds. */
function milliseconds (time: unknown, line: string): number {
  const [, seconds, fraction = '', zone] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/.exec(String(time)) ?? []
  const wholeMs = Date.parse(`${seconds}${zone}`)

  if (Number.isNaN(wholeMs)) {
    throw new Error(`A line has no time: ${line}`)
  }

  return wholeMs + Number(`0.${fraction === '' ? '0' : fraction}`) * 1_000
}
