const server = process.env.SERVER ?? 'http://127.0.0.1:8787'

// What the page asks goes on to the server. The slashes at the end matter: without them `/chat.tsx` would go there as well.
export default { server: { proxy: { '/chat/': server, '/runs/': server } } }
