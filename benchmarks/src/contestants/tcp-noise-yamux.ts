import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { tcp } from '@libp2p/tcp'
import type { Contestant } from '../contestants.ts'

export const tcpNoiseYamux: Contestant = {
  listen: '/ip4/127.0.0.1/tcp/0',
  options: () => ({
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()]
  })
}
