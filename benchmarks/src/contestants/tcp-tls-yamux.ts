import { yamux } from '@chainsafe/libp2p-yamux'
import { tcp } from '@libp2p/tcp'
import { tls } from '@libp2p/tls'
import type { Contestant } from '../contestants.ts'

export const tcpTlsYamux: Contestant = {
  listen: '/ip4/127.0.0.1/tcp/0',
  options: () => ({
    transports: [tcp()],
    connectionEncrypters: [tls()],
    streamMuxers: [yamux()]
  })
}
