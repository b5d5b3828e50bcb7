/**
 * The script of libp2p's gossipsub-interop: which instructions there are, and their way in from `params.json`. No network, no clock.
 */
import { goParamNames } from './go-params.ts'
import type { GoParams } from './go-params.ts'

export interface InitGossipSub { type: 'initGossipSub', gossipSubParams: GoParams }
export interface Connect { type: 'connect', connectTo: number[] }
export interface IfNodeIDEquals { type: 'ifNodeIDEquals', nodeID: number, instruction: Instruction }
/** In whole seconds since the node's start: not since the last instruction. */
export interface WaitUntil { type: 'waitUntil', elapsedSeconds: number }
export interface SubscribeToTopic { type: 'subscribeToTopic', topicID: string, partial: false }
export interface SetTopicValidationDelay { type: 'setTopicValidationDelay', topicID: string, delaySeconds: number }
export interface Publish { type: 'publish', messageID: number, messageSizeBytes: number, topicID: string }

export type Instruction = InitGossipSub | Connect | IfNodeIDEquals | WaitUntil | SubscribeToTopic | SetTopicValidationDelay | Publish

/** What `params.json` is. */
export interface Params {
  script: Instruction[]
}

/** The script is not one that this program can carry out. */
export class ScriptError extends Error {
  static name = 'ScriptError'
  name = 'ScriptError'
}

/** A message has room for its id at least. */
const MIN_MESSAGE_BYTES = 8

/** Frames are up to 10 MiB, and the message is not all of a frame. */
const MAX_MESSAGE_BYTES = 10 * 1_024 * 1_024 - 1_024

/** An instruction for one node may be wrapped, and wraps nothing but a plain one anywhere. */
const MAX_NESTING = 4

const PARTIAL_MESSAGES = new Set(['addPartialMessage', 'publishPartial'])

/**
 * The whole script is read before anything of it is done, as those of other languages do.
 *
 * @throws {ScriptError} naming what is unknown, missing, out of range, or not supported (partial messages)
 */
export function parseParams (text: string): Params {
  let params: unknown

  try {
    params = JSON.parse(text)
  } catch (err) {
    throw new ScriptError(`The parameters are not JSON: ${err instanceof Error ? err.message : String(err)}`)
  }

  if (!isObject(params) || !Array.isArray(params.script)) {
    throw new ScriptError('The parameters have no script')
  }

  return { script: params.script.map((instruction, index) => parseInstruction(instruction, `script[${index}]`, 0)) }
}

function parseInstruction (value: unknown, path: string, depth: number): Instruction {
  if (!isObject(value)) {
    throw new ScriptError(`${path} is not an instruction`)
  }

  const field = <T> (name: string, isRight: (value: unknown) => value is T): T => {
    const found = value[name]

    if (!isRight(found)) {
      throw new ScriptError(`${path}: ${name} of ${String(value.type)} is ${JSON.stringify(found)}`)
    }

    return found
  }

  switch (value.type) {
    case 'initGossipSub':
      return { type: 'initGossipSub', gossipSubParams: parseGoParams(field('gossipSubParams', isObject), path) }
    case 'connect':
      return { type: 'connect', connectTo: field('connectTo', isNodeIds) }
    case 'ifNodeIDEquals':
      if (depth >= MAX_NESTING) {
        throw new ScriptError(`${path}: instructions are nested too deeply`)
      }

      return { type: 'ifNodeIDEquals', nodeID: field('nodeID', isNodeId), instruction: parseInstruction(value.instruction, `${path}.instruction`, depth + 1) }
    case 'waitUntil':
      return { type: 'waitUntil', elapsedSeconds: field('elapsedSeconds', isNotNegative) }
    case 'subscribeToTopic':
      if (value.partial === true) {
        throw unsupported(path, 'subscribeToTopic with partial')
      }

      return { type: 'subscribeToTopic', topicID: field('topicID', isText), partial: false }
    case 'setTopicValidationDelay':
      return { type: 'setTopicValidationDelay', topicID: field('topicID', isText), delaySeconds: field('delaySeconds', isNotNegative) }
    case 'publish':
      return {
        type: 'publish',
        messageID: field('messageID', isNodeId),
        messageSizeBytes: field('messageSizeBytes', isMessageSize),
        topicID: field('topicID', isText)
      }
    default:
      throw PARTIAL_MESSAGES.has(String(value.type)) ? unsupported(path, String(value.type)) : new ScriptError(`${path}: unknown instruction type ${JSON.stringify(value.type)}`)
  }
}

function parseGoParams (params: Record<string, unknown>, path: string): GoParams {
  const given: GoParams = {}

  for (const [name, value] of Object.entries(params)) {
    const known = goParamNames.find(candidate => candidate === name)

    if (known == null) {
      throw new ScriptError(`${path}: unknown parameter ${name}`)
    }

    if (value == null) {
      continue
    }

    if (!isNotNegative(value)) {
      throw new ScriptError(`${path}: parameter ${name} is ${JSON.stringify(value)}`)
    }

    given[known] = value
  }

  return given
}

function unsupported (path: string, what: string): ScriptError {
  return new ScriptError(`${path}: ${what} is not supported: this implementation has no partial messages`)
}

function isObject (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value != null && !Array.isArray(value)
}

function isText (value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isNotNegative (value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

function isNodeId (value: unknown): value is number {
  return isNotNegative(value) && Number.isSafeInteger(value)
}

function isNodeIds (value: unknown): value is number[] {
  return Array.isArray(value) && value.every(isNodeId)
}

function isMessageSize (value: unknown): value is number {
  return isNodeId(value) && value >= MIN_MESSAGE_BYTES && value <= MAX_MESSAGE_BYTES
}
