import { EnvironmentError } from './environment.ts'
import type { Environment } from './environment.ts'
import type { Stream } from '@libp2p/interface'
import type { Libp2pOptions } from 'libp2p'

/** What the contract of the peers asks for. */
const RESET_CODE = 42

/** A QUIC transport for js-libp2p. */
export interface Implementation {
  transport: NonNullable<Libp2pOptions['transports']>[number]
  /** Resets a stream with a code that is not 0, if there is a way to choose one. Returns the code on the wire. */
  reset (stream: Stream): number
}

/**
 * Loads the transport that the environment names, and no other: each brings a native addon, and a container has only one.
 *
 * @throws {EnvironmentError} when the name is unknown
 */
export async function loadImplementation ({ implementation, qlogDirectory, keyLogFile }: Pick<Environment, 'implementation' | 'qlogDirectory' | 'keyLogFile'>): Promise<Implementation> {
  switch (implementation) {
    case 'quicmesh': {
      const { quic, QuicStreamResetError } = await import('@quicmesh/quic-transport')

      return {
        transport: quic({ qlogDirectory, keyLogFile }),
        reset: (stream) => {
          stream.abort(new QuicStreamResetError(RESET_CODE))

          return RESET_CODE
        }
      }
    }
    case 'chainsafe': {
      const { quic } = await import('@chainsafe/libp2p-quic')

      return {
        transport: quic(),
        // always 0
        reset: (stream) => {
          stream.abort(new Error('the row resets'))

          return 0
        }
      }
    }
    default:
      throw new EnvironmentError(`IMPLEMENTATION=${implementation} is unknown: there are quicmesh and chainsafe`)
  }
}
