export class DirectPeers extends Set<string> {
  constructor (peers: string[], init: any) { super(peers) }
}
