// The demo as a process: built by cargo, on ports that are free, with its data in a temporary directory.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { Authenticator } from './totp.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const START_LIMIT = 90_000;
const STOP_LIMIT = 15_000;

/** Starts the demo and waits until it says `ready`; on a PostgreSQL database of its own where a server is given. */
export async function startDemo(server) {
  const binary = await findBinary();
  const database = server && (await Database.make(server));
  for (let attempt = 1; ; attempt += 1) {
    const base = await findFreeBase();
    const data = await mkdtemp(join(tmpdir(), 'octroi-browser-'));
    const demo = new Demo(binary, base, data, database);
    try {
      await demo.ready();
      return demo;
    } catch (error) {
      await demo.stop();
      // Somebody else may have taken a port in between.
      if (attempt === 3) throw error;
    }
  }
}

class Demo {
  #process;
  #log = [];
  #data;
  #exit;
  #ready;
  #database;
  #binary;
  #env;

  constructor(binary, base, data, database) {
    this.#data = data;
    this.#database = database;
    /** "At the office": the provider itself. */
    this.office = `http://localhost:${base}`;
    /** "From home": the simulated Nomades gateway. */
    this.home = `http://localhost:${base + 1}`;
    this.mailbox = `http://localhost:${base + 2}`;
    this.portal = `http://localhost:${base + 10}`;
    /** The configuration of the running provider, for octroictl. */
    this.config = join(data, 'octroi.toml');
    /** The authenticator applications by SOI: at first the one whose key is public (docs/demo, `TOTP_KEY`). */
    this.authenticators = new Map([['100002', new Authenticator(Buffer.from('octroi-demo-100002-k'))]]);
    const args = ['--port', String(base), '--data', data, ...(database ? ['--database', database.address] : [])];
    const env = database ? { ...process.env, OCTROI_DEMO_DATABASE_PASSWORD: database.password } : process.env;
    this.#binary = binary;
    this.#env = env;
    this.#process = spawn(binary, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#exit = once(this.#process, 'exit').catch((error) => this.#log.push(String(error)));
    this.#ready = new Promise((resolve) => {
      for (const stream of [this.#process.stdout, this.#process.stderr]) {
        createInterface({ input: stream }).on('line', (line) => {
          this.#log.push(line);
          if (line === 'ready') resolve('ready');
        });
      }
    });
  }

  /** Runs octroictl on the running provider; answers what it prints. */
  async octroictl(...args) {
    const command = ['--config', this.config, ...args];
    const { stdout } = await promisify(execFile)(join(dirname(this.#binary), 'octroictl'), command, { env: this.#env });
    return stdout;
  }

  /** Does `act`, and answers the mail about this that arrives then, as text. */
  async mailAfter(subject, act) {
    const letters = async () => {
      const page = await (await fetch(this.mailbox)).text();
      const all = page.match(/<article class="letter">.*?<\/article>/gs) ?? [];
      return all.filter((letter) => letter.includes(`<h2>${subject}</h2>`));
    };
    const before = (await letters()).length;
    await act();
    for (let attempt = 0; attempt < 100; attempt += 1) {
      const present = await letters();
      if (present.length > before) return present[0].replace(/<[^>]*>/g, ' ');
      await wait(100);
    }
    throw new Error(`no mail about "${subject}"`);
  }

  /** What the demo said last, for a failure's message. */
  get log() {
    return this.#log.slice(-40).join('\n');
  }

  async ready() {
    let timer;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, START_LIMIT, 'too late');
    });
    const outcome = await Promise.race([this.#ready, late, this.#exit.then(() => 'it ended')]);
    clearTimeout(timer);
    if (outcome !== 'ready') throw new Error(`the demo did not become ready (${outcome}):\n${this.log}`);
  }

  /** Ends the demo as an operator would, and fails if it does not go by itself. */
  async stop() {
    let killed = false;
    const timer = setTimeout(() => {
      killed = true;
      this.#process.kill('SIGKILL');
    }, STOP_LIMIT);
    this.#process.kill('SIGTERM');
    await this.#exit;
    clearTimeout(timer);
    await rm(this.#data, { recursive: true, force: true });
    await this.#database?.remove();
    if (killed) throw new Error(`the demo did not stop within ${STOP_LIMIT} ms of SIGTERM:\n${this.log}`);
  }
}

/** A database of our own on a server that others use too. */
class Database {
  #server;
  #name;

  static async make(server) {
    const name = `octroi_browser_${process.pid}_${Math.floor(Math.random() * 1e9)}`;
    await psql(server, `CREATE DATABASE ${name}`);
    return new Database(server, name);
  }

  constructor(server, name) {
    this.#server = server;
    this.#name = name;
    const url = new URL(server);
    this.password = decodeURIComponent(url.password);
    url.password = '';
    url.pathname = `/${name}`;
    /** Without the password. */
    this.address = url.href;
  }

  async remove() {
    await psql(this.#server, `DROP DATABASE ${this.#name} WITH (FORCE)`);
  }
}

/** The password goes by the environment: arguments can be seen by others. */
async function psql(server, sql) {
  const url = new URL(server);
  const env = { ...process.env, PGPASSWORD: decodeURIComponent(url.password) };
  url.password = '';
  await promisify(execFile)(process.env.OCTROI_TEST_PSQL ?? 'psql', ['--no-psqlrc', '--quiet', '--command', sql, url.href], { env });
}

/** Where cargo puts the demo; `tests/run` has built it. */
async function findBinary() {
  const metadata = ['metadata', '--no-deps', '--offline', '--format-version', '1'];
  const { stdout } = await promisify(execFile)('cargo', metadata, { cwd: ROOT, maxBuffer: 64 * 1024 * 1024 });
  return join(JSON.parse(stdout).target_directory, 'debug', 'demo');
}

/** A base N for which N, N+1, N+2 and N+10 are free (CONTRACT, "Demo"). */
async function findFreeBase() {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const base = 15_000 + Math.floor(Math.random() * 15_000);
    const free = await Promise.all([0, 1, 2, 10].map((step) => isFree(base + step)));
    if (free.every(Boolean)) return base;
  }
  throw new Error('no free ports');
}

function isFree(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
