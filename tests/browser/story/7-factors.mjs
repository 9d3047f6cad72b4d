// Second factors: the first one of an administrator, recovery codes, a code that was used, and a manager who vouches.
import assert from 'node:assert/strict';

import { Authenticator, KARIMS_PHONE, digits } from '../stage.mjs';

/** What is stored is told on both engines. */
export const onBothEngines = true;

/** Sends a code to the work mail and answers it. */
async function byMail(stage, visitor) {
  await visitor.at('#factor-send').click();
  await visitor.sees('#factor-submit');
  await visitor.looks('factor-channel-sent');
  await visitor.givesCode(digits(await stage.mail('Votre code de connexion')));
}

/** Confirms the first enrolment by the work mail. */
async function confirms(stage, visitor) {
  await visitor.sees('#enrol-send-work_email');
  await visitor.at('#enrol-send-work_email').click();
  await visitor.sees('#enrol-confirm');
  await visitor.at('#code').fill(digits(await stage.mail('enregistrer un second facteur')));
  await visitor.at('#enrol-confirm').click();
  await visitor.sees('#enrol-totp');
}

/** From "choose" to the recovery codes; answers the application. */
async function enrolsPhone(visitor, name) {
  await visitor.at('#enrol-totp').click();
  const phone = new Authenticator(await visitor.at('#totp-key').innerText());
  await visitor.at('#name').fill(name);
  await visitor.at('#code').fill(await phone.next());
  await visitor.at('#enrol-submit').click();
  await visitor.sees('#recovery-codes');
  return phone;
}

export default {
  'an administrator enrols an authenticator application at the first login, and a recovery code stands in for it': async (stage) => {
    const claire = await stage.visitor();
    await claire.opensPortal();
    await claire.asksToLogIn();
    await claire.logsIn('100009');
    await claire.sees('#enrol-send-work_email');
    assert.equal(await claire.at('#enrol-later').count(), 0, 'an administrator cannot put it off');
    await claire.looks('enrol-confirm');
    await claire.at('#enrol-send-work_email').click();
    await claire.sees('#enrol-confirm');
    const code = digits(await stage.mail('enregistrer un second facteur'));
    await claire.at('#code').fill(code === '0000-0000' ? '1111-1111' : '0000-0000');
    await claire.at('#enrol-confirm').click();
    await claire.sees('#problem');
    await claire.looks('enrol-confirm-wrong');
    await claire.at('#code').fill(code);
    await claire.at('#enrol-confirm').click();

    await claire.sees('#enrol-totp');
    await claire.looks('enrol-choose-first');
    await claire.shows('enregistrer');
    await claire.at('#enrol-totp').click();
    await claire.sees('#totp-key');
    await claire.looks('enrol-totp');
    await claire.shows('application');
    const phone = new Authenticator(await claire.at('#totp-key').innerText());
    await claire.at('#name').fill('Téléphone de Claire');
    await claire.at('#code').fill('abc');
    await claire.at('#enrol-submit').click();
    await claire.sees('#problem');
    assert.equal(await claire.at('#name').inputValue(), 'Téléphone de Claire', 'a name is not typed twice');
    await claire.looks('enrol-totp-wrong');
    await claire.at('#code').fill(await phone.next());
    await claire.at('#enrol-submit').click();
    await claire.sees('#recovery-codes');
    await claire.looks('enrol-totp-recovery-codes');
    await claire.shows('codes-de-secours');
    const codes = await claire.at('#recovery-codes li').allInnerTexts();
    await claire.at('#recovery-kept').click();
    await claire.seesPortalHome();
    await stage.mail('Un second facteur a été ajouté');

    const elsewhere = await stage.visitor();
    await elsewhere.opensPortal('home');
    await elsewhere.asksToLogIn();
    await elsewhere.logsIn('100009');
    await elsewhere.sees('#factor-submit');
    await elsewhere.at('.ways a[href*="recovery"]').click();
    await elsewhere.sees('main[data-reason] #factor-submit');
    await elsewhere.looks('factor-recovery');
    await elsewhere.givesCode(codes[0].toLowerCase());
    await elsewhere.seesPortalHome();
    await elsewhere.page.goto(`${stage.demo.home}/account/factors`);
    await elsewhere.sees('#recovery-left');
    assert.match(await elsewhere.at('main').innerText(), /Téléphone de Claire/);
    await elsewhere.looks('account-factors');
  },

  'a code of an authenticator application opens once, also to who copied it': async (stage) => {
    const [karim, thief] = [await stage.visitor(), await stage.visitor()];
    for (const visitor of [karim, thief]) {
      await visitor.opensPortal('home');
      await visitor.asksToLogIn();
      await visitor.logsIn('100002');
      await visitor.sees('#factor-submit');
    }
    const code = await KARIMS_PHONE.next();
    await karim.givesCode(code);
    await karim.seesPortalHome();
    await thief.givesCode(code);
    await thief.sees('#problem');
    await thief.looks('factor-totp-used');
    await thief.at('#login-cancel').click();
    await thief.sees('#notice[data-error="access_denied"]');
  },

  'a manager logs in with a mailed code, enrols, and vouches for an agent who lost the telephone': async (stage) => {
    const helene = await stage.visitor();
    await helene.opensPortal();
    await helene.asksToLogIn();
    await helene.logsIn('100004');
    await helene.sees('#factor-send');
    await helene.looks('factor-channel');
    await byMail(stage, helene);
    await helene.seesPortalHome();
    assert.equal((await helene.tiles()).portal, 'open');

    await helene.page.goto(`${stage.demo.office}/approvals`);
    await confirms(stage, helene);
    await enrolsPhone(helene, 'Téléphone d’Hélène');
    await helene.at('#recovery-kept').click();
    await helene.sees('ul.entries');
    await helene.looks('approvals');
    await helene.at('ul.entries button').filter({ hasText: 'Karim' }).click();
    await helene.sees('#manager-code');
    await helene.looks('approvals-issued');
    const code = await helene.at('#manager-code').innerText();
    await stage.mail('Un laissez-passer a été créé');

    const karim = await stage.visitor();
    await karim.opensPortal('home');
    await karim.asksToLogIn();
    await karim.logsIn('100002');
    await karim.sees('#factor-submit');
    await karim.at('.ways a[href*="manager_pass"]').click();
    await karim.looks('factor-manager');
    await karim.givesCode(code.toLowerCase());
    await karim.seesPortalHome();
    await karim.at('#claims').click();
    assert.equal(await karim.claim('Jeton d’identité', 'acr'), 'eidas1', 'a pass raises no level');
  },

  'an application that wants a level asks for the factor once, and the session keeps it': async (stage) => {
    await stage.demo.octroictl('--yes', '--reason', 'démonstration', 'app', 'set', 'webmail', '--min-acr', 'eidas2');
    const karim = await stage.visitor();
    await karim.logsInAtPortal('100002');
    await karim.opensTile('webmail');
    await karim.sees('#factor-submit');
    await karim.looks('factor-step-up');
    await karim.givesCode(await KARIMS_PHONE.next());
    await karim.sees('[data-app="webmail"][data-state="signed-in"]');
    await karim.page.goto(stage.demo.portal);
    await karim.opensTile('webmail');
    await karim.sees('[data-app="webmail"][data-state="signed-in"]');
  },
};
