import { setTimeout as delay } from 'node:timers/promises'
import { multiaddr } from '@multiformats/multiaddr'
import { nodeAddress } from './addresses.ts'
import { gossipOptions } from './go-params.ts'
import { nodePeerId } from './identity.ts'
import { createMessage } from './message.ts'
import { createNode, TopicValidatorResult } from './pubsub.ts'
import type { GoParams } from './go-params.ts'
import type { NodeLog } from './node-log.ts'
import type { GossipNode, NodeOptions } from './pubsub.ts'
import type { ScriptedNode } from './run-script.ts'

/** A peer may still be starting when it is dialled. */
const DIAL_ATTEMPTS = 30
const DIAL_RETRY_MS = 500

/** For streams and connections to be closed at the end. */
const STOP_TIMEOUT_MS = 3_000

export interface GossipPeerInit extends Omit<NodeOptions, 'gossip'> {
  log: NodeLog
  environment: NodeJS.ProcessEnv
  /** Milliseconds since the start. */
  elapsedMs(): number
  /** Told what happens, for people. */
  onProgress(line: string): void
}

/** A node that does what the script says, and logs what arrives. */
export class GossipPeer implements ScriptedNode {
  readonly #init: GossipPeerInit
  /** By topic, ms. */
  readonly #validationDelays = new Map<string, number>()
  /** By peer: what the log has of it. */
  readonly #protocols = new Map<string, string>()
  #node?: GossipNode

  constructor (init: GossipPeerInit) {
    this.#init = init
  }

  async init (params: GoParams): Promise<void> {
    if (this.#node != null) {
      throw new Error('initGossipSub comes a second time')
    }

    const { options, withoutEffect } = gossipOptions(params)
    const copies = new RivalCopies(this.#init.log)
    withoutEffect.forEach(({ name, why }) => { this.#init.onProgress(`${name} has no effect: ${why}`) })

    this.#node = await createNode({ ...this.#init, gossip: options }, (id, topic) => { copies.onArrival(id, topic) })
    this.#listen(this.#node)
    this.#init.onProgress(`listening on ${this.#node.getMultiaddrs().join(', ')}`)
  }

  async connect (nodeIds: number[]): Promise<void> {
    await Promise.all(nodeIds.map(async id => this.#connect(id)))
    this.#init.onProgress(`connected to ${this.#running.getPeers().length} peers`)
  }

  subscribe (topic: string): void {
    this.#running.services.pubsub.subscribe(topic)
  }

  delayValidation (topic: string, delayMs: number): void {
    this.#validationDelays.set(topic, delayMs)
  }

  async publish (topic: string, id: number, sizeBytes: number): Promise<void> {
    const { recipients } = await this.#running.services.pubsub.publish(topic, createMessage(id, sizeBytes))

    this.#init.onProgress(`published message ${id} on ${topic} to ${recipients.length} peers`)
  }

  async waitUntil (elapsedMs: number): Promise<void> {
    // a timer may fire a little early
    for (let leftMs = elapsedMs - this.#init.elapsedMs(); leftMs > 0; leftMs = elapsedMs - this.#init.elapsedMs()) {
      await delay(Math.ceil(leftMs))
    }

    this.#logProtocols()
  }

  async stop (): Promise<void> {
    await Promise.race([this.#node?.stop(), delay(STOP_TIMEOUT_MS)])
  }

  get #running (): GossipNode {
    if (this.#node == null) {
      throw new Error('The script has an instruction before initGossipSub')
    }

    return this.#node
  }

  #listen ({ services: { pubsub } }: GossipNode): void {
    pubsub.addEventListener('gossipsub:message', ({ detail: { propagationSource, msgId, msg } }) => {
      this.#init.log.received(msgId, msg.topic, propagationSource.toString())
      const accept = (): void => { pubsub.reportMessageValidationResult(msgId, propagationSource.toString(), TopicValidatorResult.Accept) }
      const delayMs = this.#validationDelays.get(msg.topic)

      if (delayMs == null) {
        accept()
      } else {
        setTimeout(accept, delayMs)
      }
    })

    pubsub.addEventListener('gossipsub:duplicate', ({ detail: { propagationSource, msgId, topic } }) => {
      this.#init.log.received(msgId, topic, propagationSource.toString())
    })
  }

  async #connect (id: number): Promise<void> {
    const { transport, environment, onProgress } = this.#init
    const address = multiaddr(`${await nodeAddress(id, transport, environment)}/p2p/${(await nodePeerId(id)).toString()}`)

    for (let attempt = 1; ; attempt++) {
      try {
        await this.#running.dial(address)

        return
      } catch (err) {
        const text = `node${id} can't be reached at ${address.toString()}: ${err instanceof Error ? err.message : String(err)}`

        if (attempt === DIAL_ATTEMPTS) {
          throw new Error(text, { cause: err })
        }

        onProgress(text)
        await delay(DIAL_RETRY_MS)
      }
    }
  }

  /** What we speak with whom, when that is new. */
  #logProtocols (): void {
    for (const { remotePeer, streams } of this.#node?.getConnections() ?? []) {
      const protocol = streams.find(({ direction, protocol }) => direction === 'outbound' && /^\/(meshsub|floodsub)\//.test(protocol))?.protocol
      const peer = remotePeer.toString()

      if (protocol != null && this.#protocols.get(peer) !== protocol) {
        this.#protocols.set(peer, protocol)
        this.#init.log.peerProtocol(peer, protocol)
      }
    }
  }
}

/**
 * The rival has no event for copies, but works out the id of each message, and of our own when we publish it: what is not the first of an id
 * is a copy. Of ours this is never told.
 */
class RivalCopies {
  readonly #log: NodeLog
  readonly #seen = new Set<string>()

  constructor (log: NodeLog) {
    this.#log = log
  }

  onArrival (id: string, topic: string): void {
    if (this.#seen.has(id)) {
      this.#log.received(id, topic)
    }

    this.#seen.add(id)
  }
}
