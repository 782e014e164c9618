/** Sends a form to an endpoint that streams plain text, without a log: nothing can be resumed, and stopping is leaving. */
export async function readPlain(
  url: string, fields: Record<string, string>, signal: AbortSignal, append: (text: string) => void,
): Promise<string> {
  try {
    const response = await fetch(url, { method: 'POST', body: new URLSearchParams(fields), headers: { Accept: 'text/plain' }, signal })
    if (!response.ok || response.body === null) return `The server answered ${response.status}.`
    // By hand: not every browser can loop over a body.
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    for (let part = await reader.read(); !part.done; part = await reader.read()) append(part.value)
    return 'Finished.'
  } catch (error) {
    if (signal.aborted) return 'Stopped.'
    throw error
  }
}
