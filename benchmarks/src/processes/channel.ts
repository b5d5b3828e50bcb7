/** What can be asked of a process, by name. */
export interface Verb {
  argument: unknown
  result: unknown
}

export type Verbs<V> = Record<keyof V, Verb>

/** The implementation of each verb in the process that is asked. */
export type Answers<V extends Verbs<V>> = {
  [K in keyof V]: (argument: V[K]['argument']) => Promise<V[K]['result']>
}

export interface Request {
  id: number
  verb: string
  argument: unknown
}

export type Response = { id: number, result: unknown } | { id: number, error: string }

/**
 * The child's end of the channel: answers the parent's requests, and ends this process with the parent.
 */
export function answerParent <V extends Verbs<V>> (answers: Answers<V>): void {
  const byVerb = new Map<string, (argument: never) => Promise<unknown>>(Object.entries(answers))

  const respond = async ({ id, verb, argument }: Request): Promise<Response> => {
    try {
      const answer = byVerb.get(verb) as ((argument: unknown) => Promise<unknown>) | undefined

      if (answer == null) {
        throw new Error(`Unknown verb ${verb}`)
      }

      return { id, result: await answer(argument) }
    } catch (err) {
      return { id, error: describe(err) }
    }
  }

  process.on('message', (request: Request) => {
    respond(request)
      .then((response) => process.send?.(response))
      .catch(() => { process.exit(1) })
  })

  process.on('disconnect', () => { process.exit(0) })
}

/** Name, code and text, with the causes. */
function describe (err: unknown): string {
  if (!(err instanceof Error)) {
    return String(err)
  }

  const code = 'code' in err ? ` [${String(err.code)}]` : ''
  const cause = err.cause == null ? '' : `; caused by ${describe(err.cause)}`

  return `${err.name}${code}: ${err.message}${cause}`
}
