/** What an implementation has of the resets of streams: QUIC gives each a code, not every interface of a libp2p does. */
export interface Abilities {
  /** The code of its resets: 42, as the contract has it, or the only one that it can give. None: it can't reset. */
  resetCode?: number
  /** It tells the code with which the other side has reset. */
  seesCode: boolean
  /** Rows that its listener can't serve, each with the reason. */
  cannotServe?: Record<string, string>
}

const ABILITIES: Record<string, Abilities> = {
  quicmesh: { resetCode: 42, seesCode: true },
  go: { resetCode: 42, seesCode: true },
  rust: {
    seesCode: true,
    cannotServe: { 'reset-by-listener': 'libp2p-quic has no way to reset a stream: to drop it ends its writing' }
  },
  chainsafe: { resetCode: 0, seesCode: false },
  // the stream of its muxer takes a code, and tells none
  python: {
    resetCode: 42,
    seesCode: false,
    cannotServe: { 'stop-writing': 'py-libp2p has no way to ask the other side to stop writing: it sends no STOP_SENDING' }
  }
}

/** @throws {Error} when nothing is known of the peer */
export function abilitiesOf (peer: string): Abilities {
  const abilities = ABILITIES[peer]

  if (abilities == null) {
    throw new Error(`Nothing is said of what ${peer} shows of resets: add it to the table of abilities`)
  }

  return abilities
}
