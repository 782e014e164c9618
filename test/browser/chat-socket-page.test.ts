import { expect, test } from 'vitest'
import { launchBrowser, openTab } from '../support/browser.ts'
import { engine } from '../support/engines.ts'
import { startExample } from '../support/example.ts'

const ANSWER = 'Technology companies pay income tax of 30 % and VAT of 16 %. A credit is given for research.'

test('the WebSocket page shows an answer as it comes, its sources, that it is complete, and what went wrong', async (context) => {
  const program = engine('chromium', context)
  await using server = await startExample('chat-client', {}, 'server.mjs')
  const browser = await launchBrowser(program)
  try {
    const { page, problems } = await openTab(browser)
    await page.goto(server.url)
    await page.getByText('Connected').waitFor()
    await page.click('button')
    await page.getByText('Response complete').waitFor()
    expect(await page.textContent('#response')).toBe(ANSWER)
    expect(await page.locator('#sources li').allTextContents()).toEqual(['Income Tax Law (Relevance: 0.92)', 'VAT Law (Relevance: 0.81)'])
    await page.fill('input', 'fail')
    await page.click('button')
    await page.getByText('The model is not there.').waitFor()
    expect(await page.textContent('#response')).toBe('')
    expect(problems).toEqual([])
  } finally {
    await browser.close()
  }
})
