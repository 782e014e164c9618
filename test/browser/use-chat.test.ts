import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, describe, expect, test, vi, type TestContext } from 'vitest'
import { aiSdk, defineRun, lastUserText, PublicError, type AnyRunDefinition, type Json } from '../../packages/millrace/src/index.ts'
import { launchBrowser, openTab, type Tab } from '../support/browser.ts'
import { ask, bundledChat, chatPage, says, shown, untilStatus } from '../support/chat-page.ts'
import { clientOf } from '../support/client-version.ts'
import { engine } from '../support/engines.ts'
import { startExample } from '../support/example.ts'
import { freePort } from '../support/free-port.ts'
import { htmlSite, type HtmlSite } from '../support/html-site.ts'
import { Script } from '../support/script.ts'

let browser: Promise<Browser> | undefined
afterAll(async () => (await browser)?.close())

interface Chat extends AsyncDisposable, Tab {
  readonly site: HtmlSite
}

const OURS = 'ai-sdk-chat.tsx'
const DEFAULT = 'ai-sdk-default.tsx'

/** A chat in a tab of its own. */
async function openChat(context: TestContext, kind: AnyRunDefinition, file: string = OURS): Promise<Chat> {
  browser ??= launchBrowser(engine('chromium', context))
  const input = (body: Json): Json => ({ question: lastUserText(body) })
  const site = await htmlSite({ answer: kind }, { '/api/chat': { kind: 'answer', dialect: aiSdk, input } })
  site.put('/', chatPage(await bundledChat(file)))
  const tab = await openTab(await browser)
  await tab.page.goto(site.url)
  return {
    ...tab, site,
    async [Symbol.asyncDispose]() {
      await tab.page.context().close()
      await site[Symbol.asyncDispose]()
    },
  }
}

async function statusOf({ site }: Chat): Promise<string | undefined> {
  const { runs } = (await (await fetch(`${site.url}/runs`)).json()) as { runs: { status: string }[] }
  return runs[0]?.status
}

describe(clientOf('@ai-sdk/react'), () => {
  describe.each([['millrace/ai-sdk', OURS], ['DefaultChatTransport', DEFAULT]])('%s', (_name, file) => {
    test('refreshed in the middle: one message, the whole text', { timeout: 60_000 }, async (context) => {
      const script = new Script()
      await using chat = await openChat(context, script.kind, file)
      const { page, problems } = chat
      script.say('A mill ', 'needs ')
      await ask(page, 'What does a mill need?')
      await says(page, 'A mill needs ')
      for (const [word, so] of [['water', 'A mill needs water'], [' and', 'A mill needs water and']] as const) {
        await page.reload()
        await untilStatus(page, 'streaming')
        script.say(word)
        await says(page, so)
      }
      script.say(' wind.')
      script.end()
      await untilStatus(page, 'ready')
      expect(await shown(page)).toEqual([['user', 'What does a mill need?'], ['assistant', 'A mill needs water and wind.']])
      await page.reload()
      await untilStatus(page, 'ready')
      expect(await shown(page)).toEqual([['user', 'What does a mill need?'], ['assistant', 'A mill needs water and wind.']])
      expect([script.starts, problems]).toEqual([1, []])
    })

    test('stop stops', async (context) => {
      const script = new Script()
      await using chat = await openChat(context, script.kind, file)
      const { page, problems } = chat
      script.say('so far')
      await ask(page, 'Why?')
      await says(page, 'so far')
      await page.click('text=Stop')
      await vi.waitUntil(async () => (await statusOf(chat)) === 'cancelled', { timeout: 10_000 })
      script.say(' and further')
      await untilStatus(page, 'ready')
      expect(await shown(page)).toEqual([['user', 'Why?'], ['assistant', 'so far']])
      expect(problems).toEqual([])
    })

    test('an error in the middle', async (context) => {
      const script = new Script()
      await using chat = await openChat(context, script.kind, file)
      script.say('so far')
      script.fail(new PublicError('no_model', 'The model is not there.'))
      await ask(chat.page, 'Why?')
      await untilStatus(chat.page, 'error')
      expect(await chat.page.textContent('[role="alert"]')).toBe('The model is not there.')
    })
  })

  test('a line cut in the middle, again and again', { timeout: 60_000 }, async (context) => {
    const script = new Script()
    await using chat = await openChat(context, script.kind)
    const { page, site } = chat
    const words = ['A mill ', 'needs ', 'water, ', 'and water ', 'finds its ', 'way.']
    await ask(page, 'Why?')
    for (const [at, word] of words.entries()) {
      script.say(word)
      await says(page, words.slice(0, at + 1).join(''))
      site.cut()
    }
    script.end()
    await untilStatus(page, 'ready')
    expect((await shown(page)).at(-1)).toEqual(['assistant', words.join('')])
  })

  test('a second tab reads along', async (context) => {
    const script = new Script()
    await using chat = await openChat(context, script.kind)
    script.say('so ')
    await ask(chat.page, 'Why?')
    await says(chat.page, 'so ')
    const other = await chat.page.context().newPage()
    await other.goto(chat.site.url)
    await says(other, 'so ')
    script.say('on')
    script.end()
    for (const page of [chat.page, other]) {
      await untilStatus(page, 'ready')
      expect(await shown(page)).toEqual([['user', 'Why?'], ['assistant', 'so on']])
    }
    expect(script.starts).toBe(1)
  })

  test('stopped from a second tab', async (context) => {
    const script = new Script()
    await using chat = await openChat(context, script.kind)
    script.say('so far')
    await ask(chat.page, 'Why?')
    await says(chat.page, 'so far')
    const other = await chat.page.context().newPage()
    await other.goto(chat.site.url)
    await says(other, 'so far')
    await other.click('text=Stop')
    await untilStatus(chat.page, 'ready')
    expect([await statusOf(chat), await shown(chat.page)]).toEqual(['cancelled', [['user', 'Why?'], ['assistant', 'so far']]])
  })

  test('regenerated', async (context) => {
    const script = new Script()
    await using chat = await openChat(context, script.kind)
    script.say('Because.')
    script.end()
    await ask(chat.page, 'Why?')
    await untilStatus(chat.page, 'ready')
    await says(chat.page, 'Because.')
    const id = await chat.page.getAttribute('li:last-child', 'data-id')
    await chat.page.click('text=Again')
    await chat.page.waitForFunction((before) => document.querySelector('li:last-child')?.getAttribute('data-id') !== before, id)
    await says(chat.page, 'Because.')
    expect([(await shown(chat.page)).length, script.starts]).toEqual([2, 2])
  })

  test.for([['Yes', 'Paid.', 'output-available'], ['No', 'Left.', 'output-denied']] as const)('a tool that asks, refreshed while it waits: %s', async ([button, text, state], context) => {
    await using chat = await openChat(context, PAYING)
    const { page, problems } = chat
    await ask(page, 'Pay.')
    await page.waitForSelector('.tool[data-state="approval-requested"]')
    await page.reload()
    await page.waitForSelector('.tool[data-state="approval-requested"]')
    await page.click(`text="${button}"`)
    await says(page, text)
    await untilStatus(page, 'ready')
    expect(await page.getAttribute('.tool', 'data-state')).toBe(state)
    expect([(await shown(page)).length, problems]).toEqual([2, []])
  })

  test('the server is killed in the middle and started again', { timeout: 60_000 }, async (context) => {
    browser ??= launchBrowser(engine('chromium', context))
    const folder = await mkdtemp(join(tmpdir(), 'millrace-chat-'))
    const env = { FOLDER: folder, PORT: String(await freePort()), PACE: '150' }
    const { page, problems } = await openTab(await browser)
    let server = await startExample('dialects', env, 'ai-sdk-server.mjs')
    try {
      const html = chatPage(await bundledChat(OURS))
      await page.route(`${server.url}/`, (route) => route.fulfill({ contentType: 'text/html; charset=utf-8', body: html }))
      await page.goto(server.url)
      await ask(page, 'What does a mill need?')
      await says(page, 'You asked: What does ')
      await server.kill()
      server = await startExample('dialects', env, 'ai-sdk-server.mjs')
      await untilStatus(page, 'ready')
      expect(await shown(page)).toEqual([
        ['user', 'What does a mill need?'], ['assistant', 'You asked: What does a mill need? A mill needs water, and water finds its way.'],
      ])
      expect(problems.filter((problem) => !problem.includes('ERR_CONNECTION_REFUSED'))).toEqual([])
    } finally {
      await page.context().close()
      await server[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    }
  })
})

const PAYING = defineRun({
  signals: { approval: (value: unknown) => value as { approved: boolean } },
  async *run({ ask }) {
    yield { type: 'block_start', kind: 'tool_call', id: 'pay', name: 'pay' }
    yield { type: 'delta', text: '{"sum":5}' }
    const { approved } = await ask({ id: 'ask-1', signal: 'approval', call: 'pay', message: 'Pay 5?' })
    if (approved) {
      yield { type: 'block_start', kind: 'tool_result', id: 'pay' }
      yield { type: 'delta', text: '"paid"' }
    }
    yield approved ? 'Paid.' : 'Left.'
  },
})
