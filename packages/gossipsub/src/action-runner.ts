/** Executes what the router answers to events with. */
import { ShellMessage } from './shell-message.ts'
import { frameMessage } from './wire/encode.ts'
import { controlToWire } from './wire-control.ts'
import type { DropCounter } from './drop-counters.ts'
import type { Exchange } from './exchange.ts'
import type { PeerStreams } from './net/peer-streams.ts'
import type { Reporter } from './reporter.ts'
import type { Action, Event, PeerIdStr } from './router/events.ts'
import type { Verdicts } from './verdicts.ts'
import type { PeerId } from '@libp2p/interface'

export interface ActionRunnerInit {
  streams: PeerStreams
  exchange: Exchange
  verdicts: Verdicts
  reporter: Reporter
  drops: DropCounter
  /** The application was shown a message when it was asked about it. */
  asyncValidation: boolean
  peerId(peer: PeerIdStr): PeerId
}

type ActionOf<T extends Action['type']> = Extract<Action, { type: T }>

export class ActionRunner {
  readonly #init: ActionRunnerInit
  /** What came up while the actions of another event were executed. */
  readonly #waiting: Array<{ actions: Action[], event: Event }> = []
  #isRunning = false
  #isOver = false

  constructor (init: ActionRunnerInit) {
    this.#init = init
  }

  /** In order; after those of the event that is being handled, if any. */
  run (actions: Action[], event: Event): void {
    if (this.#isRunning) {
      this.#waiting.push({ actions, event })
      return
    }

    this.#isRunning = true

    try {
      this.#executeAll(actions, event)

      // more may come up while these are executed
      for (let i = 0; i < this.#waiting.length; i++) {
        this.#executeAll(this.#waiting[i].actions, this.#waiting[i].event)
      }
    } finally {
      this.#isRunning = false

      // to cut what is empty takes as long as all the rest of it
      if (this.#waiting.length > 0) {
        this.#waiting.length = 0
      }
    }
  }

  /** Execute nothing any more. */
  stop (): void {
    this.#isOver = true
  }

  #executeAll (actions: Action[], event: Event): void {
    for (const action of actions) {
      if (this.#isOver) {
        return
      }

      this.#execute(action, event)
    }
  }

  #execute (action: Action, event: Event): void {
    const { streams, exchange, verdicts, reporter, drops, peerId } = this.#init

    switch (action.type) {
      case 'sendRpc': this.#sendRpc(action); break
      case 'sendMessage': this.#sendMessage(action); break
      case 'cancelMessages': streams.get(action.peer)?.outbox.cancel(action.ids); break
      case 'connectPeers': exchange.connect(action.peers); break
      case 'validate': verdicts.validate(action.message, peerId(action.source)); break
      case 'deliver': this.#deliver(action); break
      case 'reportDuplicate': reporter.duplicate(action); break
      case 'reportSubscriptions': reporter.subscriptions(action); break
      case 'reportGraft': reporter.graft(action); break
      case 'reportPrune': reporter.prune(action, event); break
      case 'reportDrop': drops.add(action.reason, action.count); break
      case 'reportPenalty': break
      default: unreachable(action)
    }
  }

  #sendRpc ({ peer, subscriptions, control }: ActionOf<'sendRpc'>): void {
    const { streams, exchange, peerId } = this.#init
    const wire = control == null ? undefined : controlToWire(control, peer => exchange.infoOf(peerId(peer)))

    streams.get(peer)?.outbox.sendRpc(subscriptions, wire)
  }

  #sendMessage ({ peers, message, reason }: ActionOf<'sendMessage'>): void {
    const { streams } = this.#init
    const frame = message instanceof ShellMessage ? message.frame : frameMessage(message.encoded)

    for (const peer of peers) {
      streams.get(peer)?.outbox.sendMessage(frame, reason, message.id)
    }
  }

  #deliver ({ message, source }: ActionOf<'deliver'>): void {
    const { reporter, asyncValidation, peerId } = this.#init

    if (!asyncValidation) {
      reporter.message(message, peerId(source))
    }
  }
}

/** An action without a case does not compile. */
function unreachable (action: never): never {
  throw new TypeError(`Unknown action ${String(action)}`)
}
