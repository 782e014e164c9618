import { expect, test } from 'vitest'
import { startApp } from '../support/application.ts'
import { ask, expectWholeAnswer, keptAnswer, letters, shownText, untilFinished, untilWritten } from '../support/answer-page.ts'
import { launchBrowser, openTab } from '../support/browser.ts'
import { engine } from '../support/engines.ts'

test('a model answers, the page says which, what else could and what that lacks; stop stops it', async (context) => {
  engine('node-llama-cpp', context)
  const app = await startApp('--store', 'memory:', '--model', 'tiny')
  const browser = await launchBrowser(engine('chromium', context))
  try {
    const { page, problems } = await openTab(browser, { viewport: { width: 1100, height: 800 } })
    await page.goto(app.url)
    await page.click('#models summary')
    expect(await page.textContent('#model-current')).toBe('tiny')
    expect(await page.locator('#model-list [data-state="current"] .model-name').allTextContents()).toEqual(['tiny'])
    expect(await page.locator('#model-list .model-name').allTextContents()).toEqual(['extract', 'tiny', 'gguf:FILE', 'onnx:DIR', 'openai:NAME', 'anthropic:NAME'])
    expect(await page.textContent('#model-list [data-state="missing"]:has-text("anthropic:NAME") .model-missing')).toContain('ANTHROPIC_API_KEY')

    await ask(page, 'How does a reader resume?')
    await untilFinished(page)
    expect((await expectWholeAnswer(page)).status).toBe('completed')

    await ask(page, 'What is a run?')
    await page.waitForSelector('.turn:nth-of-type(2)')
    await untilWritten(page, 30)
    await page.click('[data-does="stop"]')
    await untilFinished(page, 2)
    const kept = await keptAnswer(page)
    expect(kept.status).toBe('cancelled')
    expect(letters(await shownText(page))).toBe(letters(kept.content))
    expect(problems).toEqual([])
  } finally {
    await browser.close()
    await app.kill()
  }
})
