/**
 * Subscriptions and control messages that wait for one peer. They wait unencoded, so that what overtakes itself is sent once: of a
 * topic only the last subscription and the last of GRAFT and PRUNE say anything. Its size is bounded by our topics and by the two
 * constants below, not by how long the peer does not read.
 */
import type { Withdrawn } from './withdrawals.ts'
import type { Bytes } from '../wire/bytes.ts'
import type { EncodedIHave, OutboundControl } from '../wire/encode.ts'
import type { RPC } from '../wire/rpc.ts'

/** Most ids that wait in IWANT for one peer; later ones are dropped. As many as a heartbeat asks for. */
export const MAX_PENDING_IWANT_IDS = 5_000

/** Most ids that wait in IHAVE for one peer; the oldest IHAVE is dropped. */
export const MAX_PENDING_IHAVE_IDS = 10_000

export class PendingRpc {
  readonly #subscriptions = new Map<string, RPC.SubOpts>()
  readonly #grafts = new Map<string, RPC.ControlGraft>()
  readonly #prunes = new Map<string, RPC.ControlPrune>()
  #iwant: Bytes[] = []
  #idontwant: Bytes[] = []
  #ihave: OutboundControl['ihave'] = []
  #ihaveIds = 0

  get hasControl (): boolean {
    return this.#subscriptions.size + this.#grafts.size + this.#prunes.size + this.#iwant.length + this.#idontwant.length > 0
  }

  get hasGossip (): boolean {
    return this.#ihave.length > 0
  }

  /** Add what the router wants said. Returns how many ids had to be dropped. */
  add (subscriptions: RPC.SubOpts[] = [], control: Partial<OutboundControl> = {}): number {
    for (const subscription of subscriptions) {
      replace(this.#subscriptions, subscription.topic, subscription)
    }

    for (const graft of control.graft ?? []) {
      this.#prunes.delete(graft.topicID ?? '')
      replace(this.#grafts, graft.topicID, graft)
    }

    for (const prune of control.prune ?? []) {
      this.#grafts.delete(prune.topicID ?? '')
      replace(this.#prunes, prune.topicID, prune)
    }

    for (const { messageIDs } of control.idontwant ?? []) {
      this.#idontwant.push(...messageIDs)
    }

    return this.#addIWant(control.iwant ?? []) + this.#addIHave(control.ihave ?? [])
  }

  /** Say again what was withdrawn, unless something newer waits. */
  repeat ({ subscriptions, prune }: Withdrawn): void {
    for (const subscription of subscriptions) {
      const topic = subscription.topic ?? ''

      if (!this.#subscriptions.has(topic)) {
        this.#subscriptions.set(topic, subscription)
      }
    }

    for (const one of prune) {
      const topic = one.topicID ?? ''

      if (!this.#grafts.has(topic) && !this.#prunes.has(topic)) {
        this.#prunes.set(topic, one)
      }
    }
  }

  /** Everything but IHAVE, which is left. */
  takeControl (): { subscriptions: RPC.SubOpts[], control: OutboundControl } {
    const taken = {
      subscriptions: takeAll(this.#subscriptions),
      control: {
        ihave: [],
        iwant: this.#iwant.length > 0 ? [{ messageIDs: this.#iwant }] : [],
        graft: takeAll(this.#grafts),
        prune: takeAll(this.#prunes),
        idontwant: this.#idontwant.length > 0 ? [{ messageIDs: this.#idontwant }] : []
      }
    }

    this.#iwant = []
    this.#idontwant = []

    return taken
  }

  takeGossip (): OutboundControl['ihave'] {
    const ihave = this.#ihave
    this.#ihave = []
    this.#ihaveIds = 0

    return ihave
  }

  /** Drop the IHAVEs. Returns how many ids that were. */
  dropGossip (): number {
    const dropped = this.#ihaveIds
    this.#ihave = []
    this.#ihaveIds = 0

    return dropped
  }

  clear (): void {
    this.takeControl()
    this.takeGossip()
  }

  #addIWant (iwant: RPC.ControlIWant[]): number {
    const ids = iwant.flatMap(({ messageIDs }) => messageIDs)
    const kept = ids.slice(0, MAX_PENDING_IWANT_IDS - this.#iwant.length)
    this.#iwant.push(...kept)

    return ids.length - kept.length
  }

  #addIHave (ihave: OutboundControl['ihave']): number {
    let dropped = 0

    for (const one of ihave) {
      this.#ihave.push(one)
      this.#ihaveIds += idsIn(one)
    }

    while (this.#ihaveIds > MAX_PENDING_IHAVE_IDS && this.#ihave.length > 1) {
      const oldest = idsIn(this.#ihave.shift())
      this.#ihaveIds -= oldest
      dropped += oldest
    }

    return dropped
  }
}

/** The last one counts and goes to the end. */
function replace<T> (map: Map<string, T>, topic: string | undefined, value: T): void {
  map.delete(topic ?? '')
  map.set(topic ?? '', value)
}

/** Mostly there are none: IDONTWANT is the control message that is sent often. */
function takeAll<T> (map: Map<string, T>): T[] {
  if (map.size === 0) {
    return []
  }

  const all = [...map.values()]
  map.clear()

  return all
}

function idsIn (ihave?: RPC.ControlIHave | EncodedIHave): number {
  if (ihave == null) {
    return 0
  }

  return 'encodedIds' in ihave ? ihave.count : ihave.messageIDs.length
}
