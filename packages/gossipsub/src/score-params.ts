/**
 * What valid parameters of the peer score are: the rules of the Go implementation (`score_params.go`), and the few that a
 * language with types of its own for durations and networks has no need of. Each broken rule is an `InvalidParametersError`
 * that names the parameter, its value and the rule.
 *
 * With `skipAtomicValidation` what is not given is 0, and a group of parameters that are all 0 is not checked: it is off.
 */
import { InvalidParametersError } from '@libp2p/interface'
import { parseIpRange } from './router/score/ip-address.ts'
import { createPeerScoreParams, createTopicScoreParams, defaultSlowPeerParams } from './router/score/params.ts'
import { createPeerScoreThresholds } from './router/score/thresholds.ts'
import type { PeerScoreParams, TopicScoreNumber, TopicScoreParams } from './router/score/params.ts'
import type { PeerScoreThreshold, PeerScoreThresholds } from './router/score/thresholds.ts'

/** @throws {InvalidParametersError} */
export function validatePeerScoreParams (given: PeerScoreParams): void {
  const params = given.skipAtomicValidation === true ? createPeerScoreParams(given) : given

  for (const [topic, topicParams] of Object.entries(given.topics)) {
    checkTopic(topicParams, `topics[${JSON.stringify(topic)}].`)
  }

  const check = checker('Score parameter', params)
  const isOn = (...names: Array<keyof PeerScoreParams>): boolean => isChecked(params, names)

  if (isOn('topicScoreCap')) {
    check('topicScoreCap', isAtLeast(0), 'must be a number of at least 0 (0 for no cap)')
  }

  check('appSpecificScore', value => typeof value === 'function', 'must be a function')
  check('appSpecificWeight', Number.isFinite, 'must be a finite number')

  if (isOn('IPColocationFactorWeight')) {
    check('IPColocationFactorWeight', isAtMost(0), 'must be a number of at most 0 (0 to disable)')
    if (params.IPColocationFactorWeight !== 0) {
      check('IPColocationFactorThreshold', isAtLeast(1), 'must be a number of at least 1')
    }
  }
  for (const range of params.IPColocationFactorWhitelist) {
    if (parseIpRange(range) == null) {
      throw broken('Score parameter', 'IPColocationFactorWhitelist', range, 'must only have IP addresses and ranges of them')
    }
  }

  if (isOn('behaviourPenaltyWeight', 'behaviourPenaltyThreshold')) {
    check('behaviourPenaltyWeight', isAtMost(0), 'must be a number of at most 0 (0 to disable)')
    if (params.behaviourPenaltyWeight !== 0) {
      check('behaviourPenaltyDecay', isBetween0And1, 'must be between 0 and 1')
    }
    check('behaviourPenaltyThreshold', isAtLeast(0), 'must be a number of at least 0')
  }

  if (isOn('decayInterval', 'decayToZero')) {
    check('decayInterval', isAtLeast(MIN_DURATION_MS), `must be a number of at least ${MIN_DURATION_MS} ms`)
    check('decayToZero', isBetween0And1, 'must be between 0 and 1')
  }

  // retainScore has no rule: anything that is not more than 0 retains nothing

  checkSlowPeer({ ...defaultSlowPeerParams, ...params })
}

/** @throws {InvalidParametersError} */
export function validateTopicScoreParams (params: TopicScoreParams): void {
  checkTopic(params, '')
}

/** @throws {InvalidParametersError} */
export function validatePeerScoreThresholds (given: PeerScoreThresholds): void {
  const thresholds = given.skipAtomicValidation === true ? createPeerScoreThresholds(given) : given
  const check = checker('Score threshold', thresholds)
  const isOn = (...names: PeerScoreThreshold[]): boolean => isChecked(thresholds, names)

  if (isOn('publishThreshold', 'gossipThreshold', 'graylistThreshold')) {
    check('gossipThreshold', isAtMost(0), 'must be a number of at most 0')
    check('publishThreshold', isAtMost(0), 'must be a number of at most 0')
    check('publishThreshold', isAtMost(thresholds.gossipThreshold), `must be at most gossipThreshold (${thresholds.gossipThreshold})`)
    check('graylistThreshold', isAtMost(0), 'must be a number of at most 0')
    check('graylistThreshold', isAtMost(thresholds.publishThreshold), `must be at most publishThreshold (${thresholds.publishThreshold})`)
  }
  if (isOn('acceptPXThreshold')) {
    check('acceptPXThreshold', isAtLeast(0), 'must be a number of at least 0')
  }
  if (isOn('opportunisticGraftThreshold')) {
    check('opportunisticGraftThreshold', isAtLeast(0), 'must be a number of at least 0')
  }
}

/** The path goes before the names of the parameters in errors. */
function checkTopic (given: TopicScoreParams, path: string): void {
  const params = given.skipAtomicValidation === true ? createTopicScoreParams(given) : given
  const check = checker<TopicScoreParams>('Score parameter', params, path)
  const isOn = (...names: TopicScoreNumber[]): boolean => isChecked(params, names)

  check('topicWeight', isAtLeast(0), 'must be a number of at least 0')

  if (isOn('timeInMeshWeight', 'timeInMeshQuantum', 'timeInMeshCap')) {
    check('timeInMeshQuantum', value => value !== 0, 'must not be 0')
    check('timeInMeshWeight', isAtLeast(0), 'must be a number of at least 0 (0 to disable)')
    if (params.timeInMeshWeight !== 0) {
      check('timeInMeshQuantum', isPositive, 'must be a number of ms above 0')
      check('timeInMeshCap', isPositive, 'must be a number above 0')
    }
  }

  if (isOn('firstMessageDeliveriesWeight', 'firstMessageDeliveriesCap', 'firstMessageDeliveriesDecay')) {
    check('firstMessageDeliveriesWeight', isAtLeast(0), 'must be a number of at least 0 (0 to disable)')
    if (params.firstMessageDeliveriesWeight !== 0) {
      check('firstMessageDeliveriesDecay', isBetween0And1, 'must be between 0 and 1')
      check('firstMessageDeliveriesCap', isPositive, 'must be a number above 0')
    }
  }

  if (isOn('meshMessageDeliveriesWeight', 'meshMessageDeliveriesCap', 'meshMessageDeliveriesDecay', 'meshMessageDeliveriesThreshold', 'meshMessageDeliveriesWindow', 'meshMessageDeliveriesActivation')) {
    check('meshMessageDeliveriesWeight', isAtMost(0), 'must be a number of at most 0 (0 to disable)')
    if (params.meshMessageDeliveriesWeight !== 0) {
      check('meshMessageDeliveriesDecay', isBetween0And1, 'must be between 0 and 1')
      check('meshMessageDeliveriesCap', isPositive, 'must be a number above 0')
      check('meshMessageDeliveriesThreshold', isPositive, 'must be a number above 0')
    }
    check('meshMessageDeliveriesWindow', isAtLeast(0), 'must be a number of ms of at least 0')
    if (params.meshMessageDeliveriesWeight !== 0) {
      check('meshMessageDeliveriesActivation', isAtLeast(MIN_DURATION_MS), `must be a number of at least ${MIN_DURATION_MS} ms`)
    }
  }

  if (isOn('meshFailurePenaltyDecay', 'meshFailurePenaltyWeight')) {
    check('meshFailurePenaltyWeight', isAtMost(0), 'must be a number of at most 0 (0 to disable)')
    if (params.meshFailurePenaltyWeight !== 0) {
      check('meshFailurePenaltyDecay', isBetween0And1, 'must be between 0 and 1')
    }
  }

  if (isOn('invalidMessageDeliveriesDecay', 'invalidMessageDeliveriesWeight')) {
    check('invalidMessageDeliveriesWeight', isAtMost(0), 'must be a number of at most 0 (0 to disable)')
    check('invalidMessageDeliveriesDecay', isBetween0And1, 'must be between 0 and 1')
  }
}

function checkSlowPeer (params: Pick<PeerScoreParams, keyof typeof defaultSlowPeerParams>): void {
  const check = checker('Score parameter', params)

  check('slowPeerPenaltyWeight', isAtMost(0), 'must be a number of at most 0 (0 to disable)')
  if (params.slowPeerPenaltyWeight !== 0) {
    check('slowPeerPenaltyDecay', isBetween0And1, 'must be between 0 and 1')
  }
  check('slowPeerPenaltyThreshold', isAtLeast(0), 'must be a number of at least 0')
}

/** Shorter times than this are no use with counters that decay once a second. */
const MIN_DURATION_MS = 1_000

type Rule = (value: unknown) => boolean

const isBetween0And1: Rule = value => typeof value === 'number' && value > 0 && value < 1
const isPositive: Rule = value => isAtLeast(0)(value) && value !== 0
const isAtLeast = (min: number): Rule => value => typeof value === 'number' && Number.isFinite(value) && value >= min
const isAtMost = (max: number): Rule => value => typeof value === 'number' && Number.isFinite(value) && value <= max

/** A function that throws when a parameter breaks a rule. */
function checker <P extends object> (kind: string, params: P, path = ''): (name: keyof P & string, rule: Rule, text: string) => void {
  return (name, rule, text) => {
    if (!rule(params[name])) {
      throw broken(kind, path + name, params[name], text)
    }
  }
}

/** Whether a group of parameters is to be checked. */
function isChecked <P extends { skipAtomicValidation?: boolean }> (params: P, group: Array<keyof P>): boolean {
  return params.skipAtomicValidation !== true || group.some(name => params[name] !== 0)
}

function broken (kind: string, name: string, value: unknown, rule: string): InvalidParametersError {
  return new InvalidParametersError(`${kind} ${name} is ${String(value)}: it ${rule}`)
}
