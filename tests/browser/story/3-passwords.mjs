// Passwords: the first one, an expired one, a wrong one.
import assert from 'node:assert/strict';

/** What is stored is told on both engines. */
export const onBothEngines = true;

const NEW_PASSWORD = 'Passerelle-Tilleul-1789!';

async function choosesPassword(visitor, password, again = password) {
  await visitor.at('#new_password').fill(password);
  await visitor.at('#new_password_again').fill(again);
}

export default {
  'a newcomer activates the account with the code from the letter and logs in': async (stage) => {
    const awa = await stage.visitor();
    await awa.page.goto(stage.demo.mailbox);
    const letter = awa.at('.letter').filter({ hasText: 'Diallo' });
    await letter.waitFor();
    await awa.looks('mailbox');
    const [code] = (await letter.innerText()).match(/\b[0-9A-Z]{4}(?:-[0-9A-Z]{4})+\b/) ?? [];
    assert.ok(code, 'the letter has the code');

    await awa.opensPortal();
    await awa.asksToLogIn();
    await awa.at('a[href^="/activate"]').click();
    await awa.sees('#activate-submit');
    await awa.looks('activate');
    await awa.shows('activation');

    await awa.at('#soi').fill('100007');
    await awa.at('#code').fill('ZZZZ-ZZZZ-ZZZZ');
    await choosesPassword(awa, NEW_PASSWORD);
    await awa.at('#activate-submit').click();
    await awa.sees('main[data-reason="activation.invalid"] #problem');
    await awa.looks('activate-invalid');

    await awa.at('#soi').fill('100007');
    await awa.at('#code').fill(code.toLowerCase());
    await choosesPassword(awa, 'Bonjour-Awa-Diallo!');
    await awa.at('#activate-submit').click();
    await awa.sees('#problem');
    assert.equal((await awa.at('#code').inputValue()).replaceAll('-', '').toUpperCase(), code.replaceAll('-', ''), 'nobody types a good code twice');
    await awa.looks('activate-weak-password');

    await choosesPassword(awa, NEW_PASSWORD);
    await awa.at('#activate-submit').click();
    await awa.sees('#login-submit');
    await awa.sees('.note.ok');
    await awa.looks('login-activated');
    await awa.logsIn('100007', NEW_PASSWORD);
    await awa.seesPortalHome();
    assert.match(await awa.at('h1').innerText(), /Awa/);
  },

  'an expired password is changed in the flow, straight on to the application': async (stage) => {
    const sophie = await stage.visitor();
    await sophie.opensPortal();
    await sophie.asksToLogIn();
    await sophie.logsIn('100003');
    await sophie.sees('main[data-reason="password.expired"] #password-submit');
    await sophie.looks('password-expired');
    await sophie.shows('renouvellement');

    const ticked = () => sophie.at('#password-rules li.met').evaluateAll((rules) => rules.map((rule) => rule.dataset.rule));
    await choosesPassword(sophie, 'trop court', '');
    assert.deepEqual(await ticked(), ['soi']);
    await choosesPassword(sophie, 'mon numero est 100003', '');
    assert.deepEqual(await ticked(), ['length']);
    await choosesPassword(sophie, NEW_PASSWORD);
    assert.deepEqual(await ticked(), ['length', 'soi', 'same']);

    await choosesPassword(sophie, NEW_PASSWORD, 'something else entirely');
    await sophie.at('#password-submit').click();
    await sophie.sees('#problem');
    await sophie.looks('password-expired-mistyped');

    await choosesPassword(sophie, NEW_PASSWORD);
    await sophie.at('#password-submit').click();
    await sophie.seesPortalHome();
    assert.match(await sophie.at('h1').innerText(), /Sophie/);
  },

  'a wrong password and an unknown SOI read the same': async (stage) => {
    const thomas = await stage.visitor();
    await thomas.opensPortal();
    await thomas.asksToLogIn();
    await thomas.logsIn('100005', 'not the right password');
    await thomas.sees('main[data-reason="credentials.invalid"] #problem');
    const known = await thomas.at('#problem').innerText();
    assert.equal(await thomas.at('#password').inputValue(), '', 'a password is never sent back');
    assert.equal(await thomas.at('#soi').inputValue(), '100005', 'the SOI need not be typed again');
    await thomas.looks('login-wrong');

    await thomas.logsIn('999999', 'not the right password');
    await thomas.sees('main[data-reason="credentials.invalid"] #problem');
    assert.equal(await thomas.at('#problem').innerText(), known);

    await thomas.logsIn('100005');
    await thomas.seesPortalHome();
  },
};
