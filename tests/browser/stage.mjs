// The stage: Chromium, and visitors who each have a browser of their own. A visitor keeps what the browser complained
// about (console errors, broken scripts, Content Security Policy); at the end of a story there must be nothing.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { chromium } from 'playwright-core';

import { inspect } from './inspect.mjs';

export const OUTPUT = join(dirname(fileURLToPath(import.meta.url)), 'output');

/** The password of every sample agent who has one (CONTRACT, "Sample agents"). */
export const PASSWORD = 'Marronnier-Quai-1607!';

const DESKTOP = { width: 1280, height: 900 };

export async function launchChromium() {
  const args = [
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ];
  // Chromium's sandbox does not work for root.
  if (process.getuid?.() === 0) args.push('--no-sandbox');
  return chromium.launch({ executablePath: await findChromium(), args });
}

async function findChromium() {
  if (process.env.OCTROI_TEST_CHROMIUM) return process.env.OCTROI_TEST_CHROMIUM;
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    const found = await promisify(execFile)('which', [name]).catch(() => null);
    if (found) return found.stdout.trim();
  }
  throw new Error('no Chromium on the PATH: run tests/run, which installs it, or set OCTROI_TEST_CHROMIUM');
}

export class Stage {
  #chromium;
  #visitors = [];
  #story;
  #inspects;

  /** `inspects`: whether pages are looked at; they are the same on every engine. */
  constructor(chromium, demo, story, { inspects }) {
    this.#inspects = inspects;
    this.#chromium = chromium;
    this.demo = demo;
    this.#story = story;
  }

  /** Somebody with a fresh browser. Options: `locale`, `javaScript`. */
  async visitor({ locale = 'fr-FR', javaScript = true } = {}) {
    const context = await this.#chromium.newContext({
      locale,
      javaScriptEnabled: javaScript,
      viewport: DESKTOP,
      reducedMotion: 'reduce',
      timezoneId: 'Europe/Paris',
    });
    context.setDefaultTimeout(20_000);
    const visitor = new Visitor(await context.newPage(), this.demo, this.#inspects);
    this.#visitors.push(visitor);
    return visitor;
  }

  /** Somebody new, who activates the account with a code that was handed over and is logged in at the office. */
  async newcomer(soi, password) {
    const names = ['--given-name', 'Lou', '--family-name', 'Perrin', '--email', `lou${soi}@ville.example`];
    await this.demo.octroictl('agent', 'add', soi, ...names, '--department', '40');
    const printed = await this.demo.octroictl('agent', 'activation-code', soi, '--deliver', 'counter');
    const [code] = printed.match(/\b[0-9A-Z]{4}(?:-[0-9A-Z]{4})+\b/) ?? [];
    assert.ok(code, printed);
    const visitor = await this.visitor();
    await visitor.page.goto(`${this.demo.office}/activate`);
    await visitor.at('#soi').fill(soi);
    await visitor.at('#code').fill(code);
    await visitor.at('#new_password').fill(password);
    await visitor.at('#new_password_again').fill(password);
    await visitor.at('#activate-submit').click();
    await visitor.sees('#login-submit');
    await visitor.logsIn(soi, password);
    await visitor.sees('#logout');
    return visitor;
  }

  /** Ends the story: shows where a failure happened, and fails on anything a browser complained about. */
  async close(failure) {
    const complaints = this.#visitors.flatMap((visitor) => visitor.complaints);
    const shown = [];
    if (failure) {
      const name = this.#story.replace(/[^\p{L}\p{N}]+/gu, '-');
      for (const [nth, { page }] of this.#visitors.entries()) {
        const path = join(OUTPUT, `FAILED-${name}-${nth}.png`);
        await page.screenshot({ path, fullPage: true }).catch(() => {});
        shown.push(`at ${page.url()}, see ${path}`);
      }
      shown.push(...complaints.map((complaint) => `the browser complained: ${complaint}`), 'the demo said last:', this.demo.log);
    }
    for (const visitor of this.#visitors) await visitor.page.context().close();
    if (failure) throw new Error([failure.message, ...shown].join('\n'), { cause: failure });
    assert.deepEqual(complaints, [], 'the browser complained');
  }
}

/** The code of digits in a mail. */
export const digits = (text) => text.match(/\b\d{4}-\d{4}\b/)?.[0];

/** One person with one browser. */
export class Visitor {
  complaints = [];
  #inspects;

  constructor(page, demo, inspects) {
    this.#inspects = inspects;
    this.page = page;
    this.demo = demo;
    page.on('pageerror', (error) => this.complaints.push(`script: ${error.message}`));
    page.on('response', (response) => {
      if (response.status() >= 500) this.complaints.push(`${response.status()} from ${response.url()}`);
    });
    page.on('console', (message) => {
      if (message.type() !== 'error' && !/content security policy/i.test(message.text())) return;
      // A page that refuses has a status of 4xx; Chromium reports that as an error of the page itself.
      if (/^Failed to load resource: .* status of 4\d\d/.test(message.text()) && this.#isAPage(message.location().url)) return;
      this.complaints.push(`console at ${message.location().url}: ${message.text()}`);
    });
  }

  #isAPage(url) {
    return !/\/assets\/|\.(css|js|svg|png|ico|woff2)(\?|$)/.test(new URL(url).pathname);
  }

  /** What matches one selector. */
  at(selector) {
    return this.page.locator(selector);
  }

  /** Waits until the selector shows. */
  async sees(selector) {
    await this.at(selector).first().waitFor({ state: 'visible' });
  }

  /** Looks at the page as it is now: accessibility at several widths, and screenshots under this name. */
  async looks(name) {
    if (this.#inspects) await inspect(this.page, name, OUTPUT);
  }

  /** Keeps the page's content as a picture for docs/guides: `cp tests/browser/output/pictures/* docs/guides/pictures/`. */
  async shows(name) {
    if (!this.#inspects) return;
    await this.page.setViewportSize({ width: 760, height: 900 });
    await this.at('main').screenshot({ path: join(OUTPUT, 'pictures', `${name}.png`) });
    await this.page.setViewportSize(DESKTOP);
  }

  /** The portal, at the office or at home. */
  async opensPortal(place = 'office') {
    await this.page.goto(this.demo.portal);
    await this.choosesPlace(place);
  }

  /** The portal's switch "au bureau / chez moi". */
  async choosesPlace(place) {
    await this.at(`#place-${place}`).click();
    await this.sees(`#place-${place}[aria-pressed="true"]`);
  }

  /** From the portal to the login page. */
  async asksToLogIn() {
    await this.at('#login').click();
    await this.sees('#login-submit');
  }

  /** Fills the login form and sends it. */
  async logsIn(soi, password = PASSWORD) {
    await this.at('#soi').fill(soi);
    await this.at('#password').fill(password);
    await this.at('#login-submit').click();
  }

  /** The whole way: portal, login, the second factor where one is asked for, back on the portal's home page. */
  async logsInAtPortal(soi, { place = 'office', password = PASSWORD } = {}) {
    await this.opensPortal(place);
    await this.asksToLogIn();
    await this.logsIn(soi, password);
    await this.sees('main[data-page="home"], main[data-reason="factor.required"]');
    if ((await this.at('main[data-reason="factor.required"]').count()) > 0) await this.givesFactor(soi);
    await this.seesPortalHome();
  }

  /** Gives the factor that the page asks for first: a code that is mailed, or the one of the application. */
  async givesFactor(soi) {
    if ((await this.at('#factor-send').count()) > 0) {
      await this.at('#code').fill(await this.asksForCode());
    } else {
      await this.at('#code').fill(await this.demo.authenticators.get(soi).code());
    }
    await this.at('#factor-submit').click();
  }

  /** Has a code sent to log in with, and reads it. */
  async asksForCode() {
    const text = await this.demo.mailAfter('Votre code de connexion', async () => {
      await this.at('#factor-send').click();
      await this.sees('#code');
    });
    return digits(text);
  }

  async seesPortalHome() {
    await this.sees('main[data-page="home"]');
    assert.ok(this.page.url().startsWith(this.demo.portal), `at ${this.page.url()}`);
  }

  /** Opens an application by its tile. */
  async opensTile(id) {
    await this.at(`.tile[data-app="${id}"] a`).click();
  }

  /** Whether each tile is `open` or `shut`. */
  async tiles() {
    const tiles = await this.at('.tile').evaluateAll((all) => all.map((tile) => [tile.dataset.app, tile.dataset.state]));
    return Object.fromEntries(tiles);
  }

  /** Reads a refusal page: it must have its reason, its title, what to do, and a reference code. */
  async readsRefusal(reason) {
    await this.sees(`main[data-reason="${reason}"]`);
    const reference = (await this.at('#reference').innerText()).trim();
    assert.match(reference, /^[0-9A-Z]{4}-[0-9A-Z]{4}$/, 'a reference code that can be read on the phone');
    assert.ok((await this.at('main h1').innerText()).trim().length > 5, 'a title');
    assert.ok((await this.at('main .note p').first().innerText()).trim().length > 10, 'what to do');
    return reference;
  }

  /** A claim as the portal shows it, in the section with this heading. */
  async claim(section, name) {
    const row = this.at('section.claims').filter({ has: this.page.getByRole('heading', { name: section, exact: true }) })
      .locator('dl > div').filter({ has: this.page.locator('dt code', { hasText: new RegExp(`^${name}$`) }) });
    return (await row.locator('dd code').first().innerText()).trim();
  }
}
