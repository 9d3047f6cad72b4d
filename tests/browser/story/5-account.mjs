// An agent's own account, without calling anyone: channels, a forgotten password, "this was not me", what is open and what
// happened. Codes are read from mails that the demo's SMTP server received.
import assert from 'node:assert/strict';

import { PASSWORD, digits } from '../stage.mjs';

/** What is stored is told on both engines. */
export const onBothEngines = true;

const SOI = '100001';
const FIRST = 'Passerelle-Tilleul-1789!';
const SECOND = 'Belvédère ardoise glycine 88';

/** The newest mail whose subject holds these words, as text. */
async function mail(visitor, subject) {
  for (let attempt = 0; attempt < 40; attempt += 1) {
    await visitor.page.goto(visitor.demo.mailbox);
    const letter = visitor.at('.letter').filter({ has: visitor.page.locator('h2', { hasText: subject }) }).first();
    if ((await letter.count()) > 0) return letter.innerText();
    await visitor.page.waitForTimeout(250);
  }
  throw new Error(`no mail about "${subject}"`);
}

async function logsInAlone(visitor, soi, password) {
  await visitor.page.goto(`${visitor.demo.office}/login`);
  await visitor.logsIn(soi, password);
}

export default {
  'an agent proves the work mail with the code that arrives there': async (stage) => {
    const lou = await stage.newcomer('100050', FIRST);
    await lou.looks('account');
    await lou.shows('mon-compte');
    await lou.at('a[href="/account/contact"]').first().click();
    await lou.sees('#work_email');
    await lou.looks('account-contact');
    await lou.at('#work_email a').click();
    await lou.sees('#channel-send');
    await lou.at('#channel-send').click();
    await lou.sees('#code');
    await lou.looks('account-channel-code');

    const reader = await stage.visitor();
    const code = digits(await mail(reader, 'Confirmez votre adresse'));
    assert.ok(code, 'the mail has the code');
    await reader.looks('mailbox-mail');
    await lou.at('#code').fill('ABCD-EFGH');
    await lou.at('#channel-code').click();
    await lou.sees('#problem');
    await lou.looks('account-channel-letters');
    await lou.at('#code').fill(` ${code.replace('-', ' ')} `);
    await lou.at('#channel-code').click();
    await lou.sees('#work_email .tag.ok');
    await lou.looks('account-contact-proved');
    await lou.shows('moyens-de-contact');
  },

  'a forgotten password is replaced with a code that was mailed, straight on to the application': async (stage) => {
    const elsewhere = await stage.visitor();
    await logsInAlone(elsewhere, SOI, PASSWORD);
    await elsewhere.sees('#logout');

    const ines = await stage.visitor();
    await ines.opensPortal();
    await ines.asksToLogIn();
    await ines.at('a[href^="/forgot-password"]').click();
    await ines.sees('#forgot-submit');
    await ines.looks('forgot-password-asked');
    await ines.shows('oubli');
    await ines.at('#soi').fill(SOI);
    await ines.at('#channel-work_email').check();
    await ines.at('#forgot-submit').click();
    await ines.sees('#code');
    await ines.looks('reset-code');
    await ines.shows('oubli-code');

    const reader = await stage.visitor();
    const code = digits(await mail(reader, 'choisir un nouveau mot de passe'));
    await ines.at('#code').fill(code === '0000-0000' ? '1111-1111' : '0000-0000');
    await ines.at('#code-submit').click();
    await ines.sees('#problem');
    await ines.looks('reset-code-wrong');
    await ines.at('#code').fill(code);
    await ines.at('#code-submit').click();
    await ines.sees('#new_password');
    await ines.looks('reset-password');
    await ines.at('#new_password').fill(FIRST);
    await ines.at('#new_password_again').fill(FIRST);
    await ines.at('#password-submit').click();
    await ines.sees('#login-submit');
    await ines.sees('.note.ok');
    await ines.looks('login-password-changed');
    await ines.logsIn(SOI, FIRST);
    await ines.seesPortalHome();

    await elsewhere.page.goto(`${stage.demo.office}/account`);
    await elsewhere.sees('#login-submit');
  },

  'an agent sees and ends sessions, reads what happened, and changes the password': async (stage) => {
    const [here, there] = [await stage.visitor(), await stage.visitor()];
    await logsInAlone(there, SOI, FIRST);
    await there.sees('#logout');
    await logsInAlone(here, SOI, FIRST);
    await here.sees('#logout');
    await here.page.goto(`${stage.demo.office}/account/sessions`);
    await here.sees('#end-others');
    await here.looks('account-sessions');
    await here.shows('sessions');
    await here.at('#end-others').click();
    await here.sees('.note.ok');
    await here.looks('account-sessions-ended');
    await there.page.goto(`${stage.demo.office}/account`);
    await there.sees('#login-submit');

    await here.page.goto(`${stage.demo.office}/account/activity`);
    await here.sees('#activity');
    await here.looks('account-activity');
    await here.page.goto(`${stage.demo.office}/account/language`);
    await here.looks('account-language');

    await here.page.goto(`${stage.demo.office}/account/password`);
    await here.sees('#current_password');
    await here.looks('account-password');
    await here.at('#current_password').fill('not the right one');
    await here.at('#new_password').fill(SECOND);
    await here.at('#new_password_again').fill(SECOND);
    await here.at('#password-submit').click();
    await here.sees('#problem');
    await here.looks('account-password-wrong');
    await here.at('#current_password').fill(FIRST);
    await here.at('#new_password').fill(SECOND);
    await here.at('#new_password_again').fill(SECOND);
    await here.at('#password-submit').click();
    await here.sees('.note.ok');
    await here.looks('account-password-changed');
  },

  '"this was not me" shuts the account, and the right password is told so': async (stage) => {
    const reader = await stage.visitor();
    const text = await mail(reader, 'Votre mot de passe a été changé');
    const link = text.match(/https?:\/\/\S+\/not-me\?reference=\S+/)?.[0];
    const code = text.split(/alerte/i).at(-1).match(/\b[0-9A-Z]{4}-[0-9A-Z]{4}\b/)?.[0];
    assert.ok(link && code && !link.includes(code), 'a link without its code');
    await reader.page.goto(link);
    await reader.sees('#not-me-submit');
    await reader.looks('not-me');
    await reader.shows('pas-moi');

    const ines = await stage.visitor();
    await logsInAlone(ines, SOI, SECOND);
    await ines.sees('#logout');

    await reader.at('#code').fill('ZZZZ-ZZZZ');
    await reader.at('#not-me-submit').click();
    await reader.sees('#problem');
    await reader.looks('not-me-wrong');
    await reader.at('#code').fill(code.toLowerCase());
    await reader.at('#not-me-submit').click();
    await reader.sees('#suspended');
    await reader.looks('not-me-done');

    await ines.page.goto(`${stage.demo.office}/account`);
    await ines.sees('#login-submit');
    await ines.logsIn(SOI, SECOND);
    await ines.readsRefusal('password.suspended');
    await ines.looks('refusal-suspended');

    const { code: handed } = JSON.parse(await stage.demo.octroictl(
      '--format', 'json', '--yes', '--reason', 'carte d’agent vue au guichet', 'password', 'reset-code', SOI, '--deliver', 'counter'));
    await ines.page.goto(`${stage.demo.office}/forgot-password/code`);
    await ines.looks('reset-code-handed');
    await ines.at('#soi').fill(SOI);
    await ines.at('#code').fill(handed);
    await ines.at('#new_password').fill('Marronnier platane octogone 1912');
    await ines.at('#new_password_again').fill('Marronnier platane octogone 1912');
    await ines.at('form button[type="submit"]').first().click();
    await ines.sees('.note.ok');
    await ines.logsIn(SOI, 'Marronnier platane octogone 1912');
    await ines.sees('#logout');
  },

  'an end that is near is told after the login, and leads on': async (stage) => {
    await stage.demo.octroictl('--yes', '--reason', 'démonstration', 'password', 'expire', '100005', '--spread', '1');
    const thomas = await stage.visitor();
    await thomas.opensPortal();
    await thomas.asksToLogIn();
    await thomas.logsIn('100005');
    await thomas.sees('#later');
    await thomas.looks('password-ends');
    await thomas.shows('avertissement');
    await thomas.at('#later').click();
    await thomas.seesPortalHome();
  },
};
