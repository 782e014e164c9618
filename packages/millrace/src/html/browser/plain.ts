/** Sends a form to an endpoint that streams plain text, without a log: nothing can be resumed, and stopping is leaving. */
export async function readPlain(
  url: string, fields: Record<string, string>, signal: AbortSignal, append: (text: string) => void,
): Promise<string> {
  try {
    const response = await fetch(url, { method: 'POST', body: new URLSearchParams(fields), headers: { Accept: 'text/plain' }, signal })
    if (!response.ok || response.body === null) return `The server answered ${response.status}.`
    const decoder = new TextDecoder()
    for await (const chunk of response.body) append(decoder.decode(chunk, { stream: true }))
    return 'Finished.'
  } catch (error) {
    if (signal.aborted) return 'Stopped.'
    throw error
  }
}
