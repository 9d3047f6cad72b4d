// A peer for the benchmark: node-oidc-provider with what Octroi is measured with: ES256, one confidential client, a login
// page of its own that verifies an argon2id password (19 MiB, 2 passes, 1 lane), no consent. Everything is kept in memory;
// nothing is stored. Started by the benchmark with PORT, CLIENT_SECRET and PASSWORD; prints `ready` when it listens.
import { createServer } from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import { Provider } from 'oidc-provider';

const port = Number(process.env.PORT);
const redirectUri = process.env.REDIRECT_URI;
const issuer = `http://127.0.0.1:${port}`;
const COST = { algorithm: 2, memoryCost: 19456, timeCost: 2, parallelism: 1, outputLen: 32 };
const MINUTE = 60;

// The library's own adapter forgets after 1,000 entries; 10,000 tokens need one that does not.
const entries = new Map();

class Memory {
  constructor(model) {
    this.model = model;
  }

  key(id) {
    return `${this.model}:${id}`;
  }

  async upsert(id, payload, expiresIn) {
    entries.set(this.key(id), { payload, until: Date.now() + expiresIn * 1000 });
    if (payload.uid) entries.set(`${this.model}-uid:${payload.uid}`, { payload: id, until: Infinity });
  }

  async find(id) {
    const entry = entries.get(this.key(id));
    return entry && entry.until > Date.now() ? entry.payload : undefined;
  }

  async findByUid(uid) {
    const entry = entries.get(`${this.model}-uid:${uid}`);
    return entry && this.find(entry.payload);
  }

  async consume(id) {
    const entry = entries.get(this.key(id));
    if (entry) entry.payload.consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id) {
    const entry = entries.get(this.key(id));
    if (entry?.payload.uid) entries.delete(`${this.model}-uid:${entry.payload.uid}`);
    entries.delete(this.key(id));
  }

  async revokeByGrantId(grantId) {
    for (const [key, { payload }] of entries) if (payload.grantId === grantId) entries.delete(key);
  }
}

// What is over is forgotten, or a long run would end in a full memory.
setInterval(() => {
  const now = Date.now();
  for (const [key, { until }] of entries) if (until <= now) entries.delete(key);
}, 30_000).unref();

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const password = await hash(process.env.PASSWORD, COST);

const claims = (sub) => ({
  sub,
  given_name: 'Camille',
  family_name: `Essai${sub}`,
  name: `Camille Essai${sub}`,
  email: `agent${sub}@ville.example`,
  email_verified: true,
});

const provider = new Provider(issuer, {
  adapter: Memory,
  clients: [
    {
      client_id: 'bench',
      client_secret: process.env.CLIENT_SECRET,
      redirect_uris: [redirectUri],
      grant_types: ['authorization_code'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_basic',
      id_token_signed_response_alg: 'ES256',
    },
  ],
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256', kid: 'bench' }] },
  cookies: { keys: [process.env.CLIENT_SECRET] },
  claims: {
    openid: ['sub'],
    profile: ['given_name', 'family_name', 'name'],
    email: ['email', 'email_verified'],
  },
  findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => claims(sub) }),
  features: { devInteractions: { enabled: false } },
  pkce: { required: () => true },
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  ttl: {
    AccessToken: 10 * MINUTE,
    AuthorizationCode: MINUTE,
    IdToken: 5 * MINUTE,
    Interaction: 10 * MINUTE,
    Session: 60 * MINUTE,
    Grant: 60 * MINUTE,
  },
  // No consent: what the client asks for is granted.
  async loadExistingGrant(ctx) {
    const { client, provider: op, session, params } = ctx.oidc;
    const known = session.grantIdFor(client.clientId);
    const found = known && (await op.Grant.find(known));
    if (found) return found;
    const grant = new op.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope(params.scope);
    await grant.save();
    return grant;
  },
});

const page = (uid) => `<!doctype html><html lang="fr"><title>Connexion</title><main><h1>Connexion</h1>
<form method="post" action="/interaction/${uid}"><input type="hidden" name="interaction" value="${uid}">
<label>SOI <input name="soi" required></label>
<label>Mot de passe <input name="password" type="password" required></label>
<button>Se connecter</button></form></main></html>`;

async function formOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return new URLSearchParams(Buffer.concat(chunks).toString());
}

async function interaction(request, response) {
  const details = await provider.interactionDetails(request, response);
  if (request.method === 'GET') {
    const body = page(details.uid);
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-length': Buffer.byteLength(body) });
    response.end(body);
    return;
  }
  const form = await formOf(request);
  const right = await verify(password, form.get('password') ?? '');
  if (!right || !form.get('soi')) {
    response.writeHead(401, { 'content-type': 'text/plain' }).end('wrong password\n');
    return;
  }
  await provider.interactionFinished(request, response, { login: { accountId: form.get('soi') } });
}

const answer = provider.callback();
const server = createServer((request, response) => {
  if (!request.url.startsWith('/interaction/')) {
    answer(request, response);
    return;
  }
  interaction(request, response).catch((error) => {
    response.writeHead(500, { 'content-type': 'text/plain' }).end(`${error.message}\n`);
  });
});
server.listen(port, '127.0.0.1', () => console.log('ready'));
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
