/** What an implementation can do and shows. Of resets of streams: QUIC gives each a code, not every interface of a libp2p does. */
export interface Abilities {
  /** The code of its resets: 42, as the contract has it, or the only one that it can give. None: it can't reset. */
  resetCode?: number
  /** It tells the code with which the other side has reset. */
  seesCode: boolean
  /** Rows that its listener can't serve, each with the reason. */
  cannotServe?: Record<string, string>
  /** Rows that its dialer can't do, each with the reason: in no other may it say that. */
  cannotDial?: Record<string, string>
  /** What it says when the listener is another peer than the one it dialled; the group is the id of that other. */
  refusal: RegExp
  /** It says so in the last line for people: its report has no more than that the dial failed. */
  isRefusalForPeople?: boolean
}

const ABILITIES: Record<string, Abilities> = {
  quicmesh: { resetCode: 42, seesCode: true, refusal: /^UnexpectedPeerError: .* found (\w+)$/ },
  go: { resetCode: 42, seesCode: true, refusal: /peer id mismatch: expected \w+, but remote key matches (\w+)/ },
  rust: {
    seesCode: true,
    cannotDial: { reset: 'libp2p-quic has no way to reset a stream: to drop it ends its writing' },
    refusal: /Unexpected peer ID (\w+) at /,
    cannotServe: { 'reset-by-listener': 'libp2p-quic has no way to reset a stream: to drop it ends its writing' }
  },
  chainsafe: { resetCode: 0, seesCode: false, refusal: /Dialed peer \w+ but connected to (\w+)/ },
  // the stream of its muxer takes a code, and tells none
  python: {
    resetCode: 42,
    seesCode: false,
    cannotDial: { 'no-peer-id': 'py-libp2p dials a peer by its id' },
    refusal: /Peer ID mismatch: expected \w+, got (\w+)/,
    isRefusalForPeople: true,
    cannotServe: { 'stop-writing': 'py-libp2p has no way to ask the other side to stop writing: it sends no STOP_SENDING' }
  }
}

/** @throws {Error} when nothing is known of the peer */
export function abilitiesOf (peer: string): Abilities {
  const abilities = ABILITIES[peer]

  if (abilities == null) {
    throw new Error(`Nothing is said of what ${peer} can do and shows: add it to the table of abilities`)
  }

  return abilities
}
