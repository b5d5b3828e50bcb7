import { quic } from '@quicmesh/quic-transport'
import type { Contestant } from '../contestants.ts'

export const quicmesh: Contestant = {
  listen: '/ip4/127.0.0.1/udp/0/quic-v1',
  options: () => ({
    transports: [quic()]
  })
}
