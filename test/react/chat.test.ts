import type { Browser } from 'playwright-core'
import { afterAll, describe, expect, test, vi, type TestContext } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { ask, says, shown, untilStatus } from '../support/chat-page.ts'
import { engine } from '../support/engines.ts'
import { reactSite, rendered, type React, type ReactSite, type ReactSiteOptions } from '../support/react-site.ts'

let browser: Promise<Browser> | undefined
afterAll(async () => (await browser)?.close())

async function open(context: TestContext, options: ReactSiteOptions): Promise<ReactSite> {
  browser ??= launchBrowser(engine('chromium', context))
  return reactSite(await browser, context, options)
}

const count = ({ site }: ReactSite, pattern: RegExp): number => site.asked.filter((one) => pattern.test(one)).length
const made = ({ page }: ReactSite): Promise<string> => page.evaluate(() => stage.made[0] ?? '')

describe.each<React>(['React 19', 'React 18'])('useStreamingChat on %s', (react) => {
  test('the shortest component asks and shows', async (context) => {
    await using chat = await open(context, { react })
    await chat.show({ quick: true })
    await chat.page.click('button')
    chat.script.say('Water', ' and wind.')
    chat.script.end()
    await chat.page.waitForSelector('button:enabled:has-text("Water and wind.")')
    expect(await chat.complaints()).toEqual([])
  })

  test('in StrictMode and Suspense a question is asked once, over one connection', async (context) => {
    await using chat = await open(context, { react })
    const { page, script } = chat
    await chat.show({ chat: null })
    await ask(page, 'Why?')
    await untilStatus(page, 'streaming')
    script.say({ type: 'source', title: 'Mills' }, 'Because ')
    await says(page, 'Because ')
    script.say('it turns.')
    script.end()
    await untilStatus(page, 'idle')
    expect(await shown(page)).toEqual([['user', 'Why?'], ['assistant', 'Because it turns.']])
    expect(await page.textContent('li a')).toBe('Mills')
    expect([count(chat, /^POST .*conversations$/), count(chat, /turns$/), count(chat, /^GET .*runs/), script.starts]).toEqual([1, 1, 1, 1])
    expect(await chat.complaints()).toEqual([])
  })

  test('loaded again in the middle, it reads on, whatever was cut meanwhile', async (context) => {
    await using chat = await open(context, { react })
    const { page, script, site } = chat
    await chat.show({ chat: null })
    await ask(page, 'Why?')
    script.say('A mill ')
    await says(page, 'A mill ')
    const id = await made(chat)
    for (const [word, so] of [['needs ', 'A mill needs '], ['water', 'A mill needs water']] as const) {
      await chat.load()
      await chat.show({ chat: id })
      await untilStatus(page, 'streaming')
      site.cut()
      script.say(word)
      await says(page, so)
    }
    script.say('.')
    script.end()
    await untilStatus(page, 'idle')
    expect(await shown(page)).toEqual([['user', 'Why?'], ['assistant', 'A mill needs water.']])
    expect([script.starts, await chat.complaints()]).toEqual([1, []])
  })

  test('unmounted in the middle, it leaves nothing open and stops nothing', async (context) => {
    await using chat = await open(context, { react })
    const { page, script } = chat
    await chat.show({ chat: null })
    await ask(page, 'Why?')
    script.say('so ')
    await says(page, 'so ')
    const id = await made(chat)
    await page.evaluate(() => stage.unmount())
    await vi.waitFor(async () => expect(await chat.left()).toEqual([0, 0]), 5_000)
    script.say('far')
    script.end()
    await chat.show({ chat: id })
    await says(page, 'so far')
    await untilStatus(page, 'idle')
    expect(await chat.complaints()).toEqual([])
  })

  test('another conversation is another one, and the one it made itself is none', async (context) => {
    await using chat = await open(context, { react })
    const { page, script } = chat
    await chat.show({ chat: null })
    await ask(page, 'one')
    script.say('first')
    await says(page, 'first')
    const id = await made(chat)
    await chat.show({ chat: id })
    expect(await shown(page)).toEqual([['user', 'one'], ['assistant', 'first']])
    expect(count(chat, /^GET .*turns/)).toBe(0)
    await chat.show({ chat: null })
    await page.waitForSelector('main[data-status="idle"]')
    expect(await shown(page)).toEqual([])
    await chat.show({ chat: id })
    script.say(' and more')
    await says(page, 'first and more')
    expect(await chat.complaints()).toEqual([])
  })

  test('stopped, continued, and answered anew', async (context) => {
    await using chat = await open(context, { react })
    const { page, script } = chat
    await chat.show({ chat: null })
    await ask(page, 'Why?')
    script.say('so far')
    await says(page, 'so far')
    await page.click('text=Stop')
    await page.waitForSelector('li[data-status="cancelled"]')
    script.replace(', and further')
    await page.click('text=Go on')
    await says(page, 'so far, and further')
    await untilStatus(page, 'idle')
    script.replace('Because.')
    await page.click('text=Again')
    await says(page, 'Because.')
    await untilStatus(page, 'idle')
    expect((await shown(page)).length).toBe(2)
    expect(await chat.complaints()).toEqual([])
  })

  test('what is refused is shown, and never thrown into the page', async (context) => {
    await using chat = await open(context, { react })
    const { page, script } = chat
    await chat.show({ chat: 'AAAAAAAAAAAAAAAAAAAAA_.AAAAAAAAAAAAAAAAAAAAA_' })
    await untilStatus(page, 'failed')
    expect(await page.textContent('[role="alert"]')).not.toBe('')
    await chat.show({ chat: null })
    await ask(page, 'one')
    script.say('first')
    await says(page, 'first')
    await ask(page, 'two')
    await page.waitForSelector('li[data-status="unsent"]')
    script.end()
    await page.waitForSelector('li[data-status="completed"]')
    await page.click('text=Send again')
    await page.waitForFunction(() => document.querySelectorAll('li[data-status="completed"]').length === 2)
    expect(await chat.complaints()).toEqual([])
  })

  test('a second tab reads along, and the first sees what that one asked when it is looked at again', async (context) => {
    await using chat = await open(context, { react })
    const { page, script } = chat
    await chat.show({ chat: null })
    await ask(page, 'one')
    script.say('first')
    await says(page, 'first')
    const id = await made(chat)
    const other = await page.context().newPage()
    await chat.load(other)
    await chat.show({ chat: id }, other)
    await says(other, 'first')
    script.end()
    await untilStatus(other, 'idle')
    await untilStatus(page, 'idle')
    await ask(other, 'two')
    await untilStatus(other, 'idle')
    await page.evaluate(() => dispatchEvent(new Event('focus')))
    await page.waitForFunction(() => document.querySelectorAll('li').length === 4)
    expect(await shown(page)).toEqual(await shown(other))
  })

  test('a page that is hidden goes on all the same', async (context) => {
    await using chat = await open(context, { react })
    const { page, script } = chat
    await chat.show({ chat: null })
    await ask(page, 'Why?')
    script.say('so ')
    await says(page, 'so ')
    await page.evaluate(() => {
      left.isHidden = true
    })
    script.say('far')
    script.end()
    await vi.waitFor(async () => expect((await shown(page)).at(-1)).toEqual(['assistant', 'so far']), 10_000)
  })

  test('what a server rendered is taken over without a word of complaint', async (context) => {
    const html = await rendered({ chat: null }, react, context)
    expect(html).toContain('data-status="idle"')
    await using chat = await open(context, { react, html })
    const { page, script } = chat
    await page.evaluate(() => stage.hydrate({ chat: null }))
    await ask(page, 'Why?')
    script.say('So.')
    script.end()
    await untilStatus(page, 'idle')
    expect(await shown(page)).toEqual([['user', 'Why?'], ['assistant', 'So.']])
    const id = await made(chat)
    await using again = await open(context, { react, html: await rendered({ chat: id }, react, context) })
    await again.page.waitForSelector('main[data-status="loading"]')
    await again.page.evaluate((shown) => stage.hydrate({ chat: shown }), id)
    await untilStatus(again.page, 'failed')
    expect([...(await chat.complaints()), ...(await again.complaints())]).toEqual([])
  })
})
