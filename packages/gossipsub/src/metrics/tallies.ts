/**
 * Counters in memory that are handed to the register at each scrape: a register takes longer to count than the router to handle a message.
 */
import { plainGauges, topicGauges } from './table.ts'
import type { TopicLabel, TopicStrToLabel } from './register.ts'
import type { MetricsTable, PlainGauge, TopicGauge } from './table.ts'
import type { TopicStr } from '../router/events.ts'

export type TopicCounts = Record<TopicGauge, number>

/** Most topics that are told apart where peers choose them, besides those that have a label. */
const MAX_UNLABELLED_TOPICS = 1_024

/** The label of all others. */
const OTHER_TOPICS = 'unknown'

const plainNames = Object.keys(plainGauges) as PlainGauge[]
const topicNames = Object.keys(topicGauges) as TopicGauge[]

export class Tallies {
  /** Since the last scrape. */
  readonly plain: Record<PlainGauge, number> = zeros(plainNames)
  readonly #labels: TopicStrToLabel
  readonly #byLabel = new Map<TopicLabel, TopicCounts>()
  /** Topics of one label share their counts. */
  readonly #byTopic = new Map<TopicStr, TopicCounts>()

  constructor (labels: TopicStrToLabel) {
    this.#labels = labels
  }

  /** The counts of a topic since the last scrape. */
  of (topic: TopicStr): TopicCounts {
    return this.#byTopic.get(topic) ?? this.#add(topic)
  }

  label (topic: TopicStr): TopicLabel {
    const label = this.#labels.get(topic)

    if (label != null) {
      return label
    }

    return this.#byTopic.has(topic) || this.#byTopic.size < MAX_UNLABELLED_TOPICS + this.#labels.size ? topic : OTHER_TOPICS
  }

  flush (table: MetricsTable): void {
    flush(plainNames, this.plain, (name, count) => { table[name].inc(count) })

    for (const [topic, counts] of this.#byLabel) {
      flush(topicNames, counts, (name, count) => { table[name].inc({ topic }, count) })
    }
  }

  #add (topic: TopicStr): TopicCounts {
    const label = this.label(topic)
    let counts = this.#byLabel.get(label)

    if (counts == null) {
      counts = zeros(topicNames)
      this.#byLabel.set(label, counts)
    }

    if (label !== OTHER_TOPICS) {
      this.#byTopic.set(topic, counts)
    }

    return counts
  }
}

function zeros<K extends string> (names: K[]): Record<K, number> {
  return Object.fromEntries(names.map(name => [name, 0])) as Record<K, number>
}

function flush<K extends string> (names: K[], counts: Record<K, number>, add: (name: K, count: number) => void): void {
  for (const name of names) {
    const count = counts[name]

    if (count !== 0) {
      counts[name] = 0
      add(name, count)
    }
  }
}
