import type { TopicStr } from './router/events.ts'
import type { Logger, PeerId, PeerStore } from '@libp2p/interface'

/** Weight of the tag with which the connection manager spares connections to mesh peers, out of 100. */
const TAG_VALUE = 100

/**
 * Tags mesh peers with the topic in the peer store. Writing there takes time and may fail: writes for one peer and topic happen in
 * order, and a failure is logged.
 */
export class MeshTags {
  readonly #peerStore: Pick<PeerStore, 'merge'>
  readonly #log: Logger
  /** Writes under way, by peer: in order, and gone when done. */
  readonly #writes = new Map<string, Promise<void>>()

  constructor (peerStore: Pick<PeerStore, 'merge'>, log: Logger) {
    this.#peerStore = peerStore
    this.#log = log
  }

  add (peerId: PeerId, topic: TopicStr): void {
    this.#write(peerId, topic, { value: TAG_VALUE })
  }

  remove (peerId: PeerId, topic: TopicStr): void {
    this.#write(peerId, topic, undefined)
  }

  /** Resolves when all that was written is in the store. */
  async settled (): Promise<void> {
    await Promise.all(this.#writes.values())
  }

  #write (peerId: PeerId, topic: TopicStr, tag: { value: number } | undefined): void {
    const key = peerId.toString()
    const before = this.#writes.get(key) ?? Promise.resolve()
    const write = before
      .then(async () => { await this.#peerStore.merge(peerId, { tags: { [topic]: tag } }) })
      .catch(err => { this.#log.error('could not tag %p with %s - %e', peerId, topic, err) })
      .finally(() => {
        if (this.#writes.get(key) === write) {
          this.#writes.delete(key)
        }
      })

    this.#writes.set(key, write)
  }
}
