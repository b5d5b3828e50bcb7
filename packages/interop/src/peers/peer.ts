/** A program to run. */
export interface Program {
  file: string
  args: string[]
  env?: Record<string, string>
  /** Where it must be run, if that matters. */
  cwd?: string
}

/** What a peer can be asked to do; `peers/README.md` has the contract of each. */
export type ProgramName = 'transport' | 'perf' | 'gossipsub' | 'gossip-load'

export type Programs = Partial<Record<ProgramName, Program>>

/** A language and what it needs: cells that need one which is missing are skipped, unless it is required. */
export type Toolchain = 'node' | 'go' | 'rust' | 'python'

/** An implementation of libp2p, with the programs over it. */
export interface Peer {
  /** As in the tables: `quicmesh`, `go`, `rust`, `python`, `chainsafe`. */
  name: string
  /** Of the libraries, for people: `go-libp2p v0.48.0, go-libp2p-pubsub v0.16.0`. */
  versions: string
  toolchain: Toolchain
  /** What it can do at all, known without a build. */
  programs: ProgramName[]
  /**
   * Builds the programs unless they are in the cache.
   *
   * @param onProgress - told what the build says, a line at a time
   * @param signal - ends the build
   * @throws {MissingToolchainError} when its toolchain is not here, or too old
   * @throws {Error} when the toolchain is here and the build fails
   */
  build (onProgress: (line: string) => void, signal?: AbortSignal): Promise<Programs>
}

/** There is nothing here to build a peer with. */
export class MissingToolchainError extends Error {
  static name = 'MissingToolchainError'
  name = 'MissingToolchainError'
}
