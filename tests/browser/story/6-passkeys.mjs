// Passkeys, with an authenticator that Chromium plays itself: made, used beside the password and instead of it, and what is
// said when the device refuses or the browser has none.
import assert from 'node:assert/strict';

/** What is stored is told on both engines. */
export const onBothEngines = true;

const SOI = '100070';
const PASSWORD = 'Passerelle-Tilleul-1789!';

/** An authenticator in this visitor's browser, with the finger always on it. */
async function takesKey(visitor) {
  const session = await visitor.page.context().newCDPSession(visitor.page);
  await session.send('WebAuthn.enable');
  const options = {
    protocol: 'ctap2',
    transport: 'internal',
    hasResidentKey: true,
    hasUserVerification: true,
    isUserVerified: true,
    automaticPresenceSimulation: true,
  };
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', { options });
  return {
    /** Whether the finger is the owner's. */
    knows: (isUserVerified) => session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }),
    /** Whether the finger is on it; it then answers the login page as soon as that opens. */
    touches: (enabled) => session.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled }),
    credentials: async () => (await session.send('WebAuthn.getCredentials', { authenticatorId })).credentials,
  };
}

async function logsOut(visitor) {
  await visitor.page.goto(`${visitor.demo.office}/account`);
  await visitor.at('#logout').click();
  if ((await visitor.at('#logout-confirm').count()) > 0) await visitor.at('#logout-confirm').click();
  await visitor.page.goto(`${visitor.demo.office}/login`);
  await visitor.sees('#login-submit');
}

export default {
  'a passkey is made, logs in alone, and stands beside the password': async (stage) => {
    const lou = await stage.newcomer(SOI, PASSWORD);
    const key = await takesKey(lou);
    await lou.page.goto(`${stage.demo.office}/login/enrol?to=%2Faccount%2Ffactors`);
    await lou.sees('#enrol-passkey');
    await lou.looks('enrol-choose');
    await lou.at('#enrol-passkey').click();
    await lou.sees('#enrol-submit');
    assert.equal(await lou.at('[data-passkey-none]').isVisible(), false);
    await lou.looks('enrol-passkey');
    await lou.shows('cle-acces');

    await key.knows(false);
    await lou.at('#enrol-submit').click();
    await lou.sees('[data-passkey-problem]');
    await lou.looks('enrol-passkey-refused-by-device');
    await key.knows(true);
    await lou.at('#name').fill('Portable de Lou');
    await lou.at('#enrol-submit').click();
    await lou.sees('#recovery-codes');
    await lou.looks('enrol-recovery-codes');
    const [made] = await key.credentials();
    assert.ok(made.isResidentCredential, 'it can log in alone');
    assert.ok(!Buffer.from(made.userHandle, 'base64').toString('latin1').includes(SOI), 'no SOI in the key');
    await lou.at('#recovery-kept').click();
    await lou.sees('#recovery-left');
    assert.match(await lou.at('main').innerText(), /Portable de Lou/);
    await lou.looks('account-factors-passkey');

    await key.touches(false);
    await logsOut(lou);
    assert.equal(await lou.at('#soi').getAttribute('autocomplete'), 'username webauthn');
    await lou.sees('#passkey-login');
    await lou.looks('login-passkey');
    await key.touches(true);
    await lou.at('#passkey-login').click();
    await lou.sees('#logout');

    await key.touches(false);
    await logsOut(lou);
    await lou.logsIn(SOI, PASSWORD);
    await lou.sees('#logout');
    await lou.page.goto(`${stage.demo.office}/login/factor?to=%2Faccount&way=passkey`);
    await lou.sees('#passkey-login');
    await lou.looks('factor-passkey');
    await key.touches(true);
    await lou.at('#passkey-login').click();
    await lou.page.waitForURL(`${stage.demo.office}/account`);

    // From home too: two factors in one. What the browser proposes in the field needs no button.
    await key.touches(false);
    await logsOut(lou);
    await key.touches(true);
    await lou.page.goto(`${stage.demo.home}/login`);
    await lou.sees('#logout');
  },

  'a device that refuses, and a browser without passkeys, are told so': async (stage) => {
    const anybody = await stage.visitor();
    const key = await takesKey(anybody);
    await key.knows(false);
    await anybody.page.goto(`${stage.demo.office}/login`);
    await anybody.sees('#passkey-login');
    await anybody.at('#passkey-login').click();
    await anybody.sees('[data-passkey-problem]');
    await anybody.looks('login-passkey-refused-by-device');

    const old = await stage.visitor();
    await old.page.addInitScript(() => delete window.PublicKeyCredential);
    await old.page.goto(`${stage.demo.office}/login`);
    await old.sees('[data-passkey-none]');
    assert.equal(await old.at('#passkey-login').isVisible(), false);
    await old.looks('login-without-passkeys');

    const plain = await stage.visitor({ javaScript: false });
    await plain.page.goto(`${stage.demo.office}/login`);
    await plain.sees('#login-submit');
    assert.equal(await plain.at('#passkey-login').isVisible(), false);
  },
};
