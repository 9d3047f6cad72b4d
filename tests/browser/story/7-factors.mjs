// Second factors beside passkeys: one that has to be enrolled, a code by mail, the lost telephone, an application that asks for
// more, and what a password alone does not open. Codes are computed from the key on the page, or read from mails.
import assert from 'node:assert/strict';
import { join } from 'node:path';

import { OUTPUT, digits } from '../stage.mjs';
import { Authenticator } from '../totp.mjs';

/** What is stored is told on both engines. */
export const onBothEngines = true;

const ADMINISTRATOR = '100009';
const MANAGER = '100004';
const AGENT = '100002';
const RECOVERY_CODE = /^[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}$/;

/** Kept from one sentence for a later one. */
let recoveryCodes = [];

const isAsked = 'main[data-reason="factor.required"]';

/** Has a code sent that confirms the enrolment, and reads it. */
async function asksForConfirmation(visitor) {
  return digits(await visitor.demo.mailAfter('Votre code pour enregistrer un second facteur', async () => {
    await visitor.at('#enrol-send-work_email').click();
    await visitor.sees('#enrol-confirm');
  }));
}

/** From the page with the key to the recovery codes, which it answers. */
async function enrolsApplication(visitor, soi, name) {
  await visitor.sees('#totp-key');
  const authenticator = Authenticator.typed(await visitor.at('#totp-key').innerText());
  await visitor.at('#name').fill(name);
  await visitor.at('#code').fill(await authenticator.code());
  await visitor.at('#enrol-submit').click();
  visitor.demo.authenticators.set(soi, authenticator);
}

/** A code of as many digits that is surely another one. */
const another = (code) => code.replace(/^\d/, (digit) => String((Number(digit) + 1) % 10));

export default {
  'an administrator enrols an application at the first login, and is led on': async (stage) => {
    const claire = await stage.visitor();
    await claire.opensPortal();
    await claire.asksToLogIn();
    await claire.logsIn(ADMINISTRATOR);
    await claire.sees('main[data-reason="factor.enrolment_needed"] #enrol-send-work_email');
    await claire.looks('enrol-confirm');
    const confirmation = await asksForConfirmation(claire);
    await claire.looks('enrol-confirm-sent');
    await claire.at('#code').fill(another(confirmation));
    await claire.at('#enrol-confirm').click();
    await claire.sees('#problem');
    await claire.looks('enrol-confirm-wrong');
    await claire.at('#code').fill(confirmation);
    await claire.at('#enrol-confirm').click();

    await claire.sees('#enrol-totp');
    await claire.looks('enrol-choose-asked-for');
    await claire.shows('enregistrer');
    await claire.at('#enrol-totp').click();
    await claire.sees('.qr svg');
    assert.match(await claire.at('#totp-key').innerText(), /^[A-Z2-7]{4}(?: [A-Z2-7]{4}){7}$/, 'a key that can be typed');
    await claire.looks('enrol-totp');
    await claire.shows('application');
    await claire.at('#code').fill('12345');
    await claire.at('#enrol-submit').click();
    await claire.sees('#problem');
    await claire.looks('enrol-totp-incomplete');
    await enrolsApplication(claire, ADMINISTRATOR, 'Téléphone de Claire');

    await claire.sees('#recovery-codes');
    recoveryCodes = await claire.at('#recovery-codes li').allInnerTexts();
    assert.equal(new Set(recoveryCodes).size, 10);
    for (const code of recoveryCodes) assert.match(code, RECOVERY_CODE);
    await claire.looks('enrol-recovery-codes-asked-for');
    await claire.shows('codes-de-secours');
    await prints(claire, 'enrol-recovery-codes-print');
    await claire.at('#recovery-kept').click();
    await claire.seesPortalHome();
    await claire.at('#claims').click();
    assert.equal(await claire.claim('Jeton d’identité', 'acr'), 'eidas2');
    await claire.page.goto(`${stage.demo.office}/account/factors`);
    assert.match(await claire.at('#recovery-left').innerText(), /10/);
    assert.equal(await claire.at('#recovery-codes').count(), 0, 'shown once');
  },

  'a manager gives a code that was mailed, with the keyboard alone': async (stage) => {
    const helene = await stage.visitor();
    await helene.opensPortal();
    await helene.asksToLogIn();
    await helene.logsIn(MANAGER);
    await helene.sees(`${isAsked} #factor-send`);
    await helene.looks('factor-mail');
    const code = await helene.asksForCode();
    await helene.looks('factor-mail-sent');
    assert.equal(await helene.at('#code').getAttribute('inputmode'), 'numeric');
    assert.equal(await helene.at('#code').getAttribute('autocomplete'), 'one-time-code');
    await helene.page.reload();
    assert.equal(await helene.page.evaluate(() => document.activeElement?.id), 'code', 'typing starts where it is needed');
    await helene.page.keyboard.type(another(code));
    await helene.page.keyboard.press('Enter');
    await helene.sees('#problem');
    await helene.looks('factor-mail-wrong');
    await helene.at('#factor-again').click();
    await helene.sees('#problem');
    await helene.looks('factor-mail-too-soon');
    await helene.at('#code').focus();
    await helene.page.keyboard.type(code.replace('-', ' '));
    await helene.page.keyboard.press('Enter');
    await helene.seesPortalHome();
    await helene.at('#claims').click();
    assert.equal(await helene.claim('Jeton d’identité', 'acr'), 'eidas1-mfa');
  },

  'a telephone is lost: a recovery code lets in, a new one is enrolled, the old one removed': async (stage) => {
    const claire = await stage.visitor();
    await claire.opensPortal();
    await claire.asksToLogIn();
    await claire.logsIn(ADMINISTRATOR);
    await claire.sees(`${isAsked} #code`);
    await claire.at('a[href*="way=recovery_code"]').click();
    await claire.sees('#code[autocapitalize]');
    await claire.looks('factor-recovery');
    const [spent, next] = recoveryCodes;
    await claire.at('#code').fill(spent.replace(/\w$/, (last) => (last === '7' ? '8' : '7')));
    await claire.at('#factor-submit').click();
    await claire.sees('#problem');
    await claire.looks('factor-recovery-wrong');
    await claire.at('#code').fill(spent.toLowerCase().replaceAll('-', ' '));
    await claire.at('#factor-submit').click();
    await claire.seesPortalHome();

    const finder = await stage.visitor();
    await finder.opensPortal('home');
    await finder.asksToLogIn();
    await finder.logsIn(ADMINISTRATOR);
    await finder.at('a[href*="way=recovery_code"]').click();
    await finder.at('#code').fill(spent);
    await finder.at('#factor-submit').click();
    await finder.sees('main[data-reason="factor.invalid"] #problem');

    await claire.page.goto(`${stage.demo.office}/account/factors`);
    await claire.sees('#recovery-left');
    assert.match(await claire.at('#recovery-left').innerText(), /9/);
    await claire.looks('account-factors');
    await claire.at('#add-factor').click();
    await claire.at('#enrol-totp').click();
    await enrolsApplication(claire, ADMINISTRATOR, 'Nouveau téléphone');
    await claire.sees('#recovery-left');
    await claire.looks('account-factors-two');
    await claire.shows('seconds-facteurs');
    const removes = (name) => claire.page.getByRole('button', { name: `Retirer (${name})` }).click();
    await removes('Téléphone de Claire');
    await claire.sees('.note.ok');
    assert.doesNotMatch(await claire.at('main').innerText(), /Téléphone de Claire/);
    await claire.looks('account-factors-removed');
    await removes('Nouveau téléphone');
    await claire.sees('#problem');
    await claire.looks('account-factors-last');

    await claire.at('#recovery-renew').click();
    await claire.sees('#recovery-codes');
    assert.equal((await claire.at('#recovery-codes li').allInnerTexts()).includes(next), false, 'others than before');
    await claire.looks('account-factors-recovery');
    await prints(claire, 'account-factors-recovery-print');
  },

  'a telephone is lost: the manager makes a pass, which lets in from home': async (stage) => {
    const helene = await stage.visitor();
    await helene.logsInAtPortal(MANAGER);
    await helene.page.goto(`${stage.demo.office}/account`);
    await helene.at('a[href="/approvals"]').first().click();
    // A mailed code is not enough there: what reaches it is enrolled first.
    await helene.at('#code').fill(await asksForConfirmation(helene));
    await helene.at('#enrol-confirm').click();
    await helene.at('#enrol-totp').click();
    await enrolsApplication(helene, MANAGER, 'Téléphone d’Hélène');
    await helene.sees('#recovery-codes');
    await helene.at('#recovery-kept').click();
    await helene.sees('main form[action="/approvals"]');
    await helene.looks('approvals');
    await helene.page.getByRole('button', { name: /laissez-passer \(Karim Benali\)/ }).click();
    await helene.sees('#manager-code');
    const code = (await helene.at('#manager-code').innerText()).trim();
    assert.match(code, /^[0-9A-Z]{4}-[0-9A-Z]{4}$/);
    await helene.looks('approvals-issued');

    const karim = await stage.visitor();
    await karim.opensPortal('home');
    await karim.asksToLogIn();
    await karim.logsIn(AGENT);
    await karim.sees(`${isAsked} #code`);
    await karim.at('a[href*="way=manager_pass"]').click();
    await karim.looks('factor-pass');
    await karim.at('#code').fill('ZZZZ');
    await karim.at('#factor-submit').click();
    await karim.sees('#problem');
    await karim.looks('factor-pass-incomplete');
    await karim.at('#code').fill(code.toLowerCase().replace('-', ''));
    await karim.at('#factor-submit').click();
    await karim.seesPortalHome();
    await karim.sees('#zone[data-zone="nomades"]');
    await karim.at('#claims').click();
    assert.equal(await karim.claim('Jeton d’identité', 'acr'), 'eidas1', 'a pass proves no more than the password');
  },

  'an application that asks for more gets the factor only, not the password again': async (stage) => {
    await stage.demo.octroictl('--yes', 'app', 'set', 'mesdemandes', '--min-acr', 'eidas2');
    const karim = await stage.visitor();
    await karim.logsInAtPortal(AGENT);
    await karim.opensTile('mesdemandes');
    await karim.sees(`${isAsked} #code`);
    assert.equal(await karim.at('#password').count(), 0);
    assert.equal(await karim.at('a[href*="way=manager_pass"]').count(), 0, 'a pass does not reach it');
    await karim.looks('factor-step-up');
    const code = await stage.demo.authenticators.get(AGENT).code();
    await karim.at('#code').fill(code);
    await karim.at('#factor-submit').click();
    await karim.sees('[data-app="mesdemandes"][data-state="signed-in"]');

    // Whoever read the code over the shoulder comes too late.
    const thief = await stage.visitor();
    await thief.opensPortal('home');
    await thief.asksToLogIn();
    await thief.logsIn(AGENT);
    await thief.sees(`${isAsked} #code`);
    await thief.at('#code').fill(code);
    await thief.at('#factor-submit').click();
    await thief.sees('main[data-reason="factor.invalid"] #problem');
    await thief.looks('factor-totp-used');
    await stage.demo.octroictl('--yes', 'app', 'set', 'mesdemandes', '--min-acr', '');
  },

  'from home a password alone enrols nothing': async (stage) => {
    const PASSWORD = 'Passerelle-Tilleul-1789!';
    await stage.newcomer('100071', PASSWORD);
    const stranger = await stage.visitor();
    await stranger.opensPortal('home');
    await stranger.asksToLogIn();
    await stranger.logsIn('100071', PASSWORD);
    await stranger.readsRefusal('factor.enrolment_unsafe');
    await stranger.looks('refusal-enrolment-unsafe');
    await stranger.page.goto(`${stage.demo.home}/login/enrol`);
    await stranger.readsRefusal('factor.enrolment_unsafe');
  },
};

/** The page as a printer gets it, to be looked at. */
async function prints(visitor, name) {
  await visitor.page.emulateMedia({ media: 'print' });
  await visitor.page.screenshot({ path: join(OUTPUT, `${name}.png`), fullPage: true });
  await visitor.page.emulateMedia({ media: 'screen' });
}
