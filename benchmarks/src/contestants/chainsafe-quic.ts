import { quic } from '@chainsafe/libp2p-quic'
import type { Contestant } from '../contestants.ts'

export const chainsafeQuic: Contestant = {
  listen: '/ip4/127.0.0.1/udp/0/quic-v1',
  options: () => ({
    transports: [quic()]
  })
}
