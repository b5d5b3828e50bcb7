import { MissingToolchainError } from './peer.ts'
import type { Peer, ProgramName, Programs, Toolchain } from './peer.ts'

/** Why a program is not there. */
export interface Missing {
  reason: string
  /** Its toolchain is here, and yet it did not build. */
  isFailure: boolean
}

/** The peers of a run, built or not. */
export class BuiltPeers {
  #programs = new Map<string, Programs>()
  #missing = new Map<string, Missing>()
  /** Toolchains that are not here. */
  readonly missingToolchains = new Set<Toolchain>()
  /** Peers whose toolchain is here, and that did not build, with the reason. */
  readonly failures = new Map<string, string>()

  /**
   * Builds one peer after the other: each keeps all processors busy.
   *
   * @throws {Error} the signal's reason, when it is aborted
   */
  static async build (peers: Peer[], onProgress: (peer: string, line: string) => void, signal?: AbortSignal): Promise<BuiltPeers> {
    const built = new BuiltPeers()

    for (const peer of peers) {
      await built.#build(peer, (line) => { onProgress(peer.name, line) }, signal)
      signal?.throwIfAborted()
    }

    return built
  }

  programs (peer: string): Programs {
    return this.#programs.get(peer) ?? {}
  }

  missing (peer: string, program: ProgramName): Missing | undefined {
    const missing = this.#missing.get(peer)

    if (missing != null || this.programs(peer)[program] != null) {
      return missing
    }

    return { reason: `${peer} has no program ${program}`, isFailure: true }
  }

  async #build (peer: Peer, onProgress: (line: string) => void, signal?: AbortSignal): Promise<void> {
    try {
      this.#programs.set(peer.name, await peer.build(onProgress, signal))
    } catch (err) {
      const { message } = err as Error

      if (err instanceof MissingToolchainError) {
        this.missingToolchains.add(peer.toolchain)
        this.#missing.set(peer.name, { reason: message, isFailure: false })
      } else {
        this.failures.set(peer.name, message)
        this.#missing.set(peer.name, { reason: `${peer.name} does not build: ${message}`, isFailure: true })
      }
    }
  }
}
