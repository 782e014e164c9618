import { expect, test } from 'vitest'
import { sessionsForUsers } from './sessions.ts'

test('a service opens sessions for its users as the page about sessions says, and nobody else does', async () => {
  const sessions = sessionsForUsers({ current: { id: 'one', secret: new Uint8Array(32).fill(7) } }, ({ headers }) => headers.get('X-Service'))
  const { token } = await sessions.open({ principal: 'backend' }, { userId: 'ada' })
  const caller = await sessions.authenticate(new Request('http://localhost/', { headers: { Authorization: `Bearer ${token}` } }))
  expect(caller).toMatchObject({ principal: '["backend","ada",null,null]' })
  await expect(sessions.open({ principal: 'backend' })).rejects.toMatchObject({ code: 'forbidden' })
  await expect(sessions.open({ principal: 'ada' }, { userId: 'ada' })).rejects.toMatchObject({ code: 'forbidden' })
})
