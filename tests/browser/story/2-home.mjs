// From home, through the Nomades gateway: another zone, other doors.
import assert from 'node:assert/strict';

export default {
  'an agent logs in from home and the portal reads the zone nomades': async (stage) => {
    const karim = await stage.visitor();
    await karim.opensPortal('home');
    await karim.asksToLogIn();
    assert.ok(karim.page.url().startsWith(stage.demo.home), 'the login goes through the gateway');
    await karim.looks('login-home');
    await karim.logsIn('100002');
    await karim.seesPortalHome();
    await karim.sees('#zone[data-zone="nomades"]');
    const tiles = await karim.tiles();
    assert.equal(tiles.webmail, 'open');
    assert.equal(tiles['hr-validation'], 'shut');
    assert.equal(tiles['classified-docs'], 'shut');
    await karim.looks('portal-home-nomades');
    await karim.at('#claims').click();
    await karim.sees('main[data-page="claims"]');
    for (const section of ['Jeton d’identité', 'Réponse de UserInfo', 'Jeton d’accès']) {
      assert.equal(await karim.claim(section, 'network_zone'), 'nomades', section);
    }
    assert.equal(await karim.claim('Jeton d’identité', 'acr'), 'eidas1', 'a zone raises nothing');
  },

  'an internal-only application is refused from home, explained, and told access_denied': async (stage) => {
    const karim = await stage.visitor();
    await karim.logsInAtPortal('100002', { place: 'home' });
    await karim.opensTile('hr-validation');
    await karim.readsRefusal('app.internal_only');
    await karim.looks('refusal-internal-only');

    await karim.at('#back-to-application').click();
    await karim.sees('#notice[data-error="access_denied"]');
    assert.equal((await karim.at('#error').innerText()).trim(), 'access_denied');
    assert.equal((await karim.at('#error-description').innerText()).trim(), 'app.internal_only');
    await karim.looks('portal-access-denied');
  },

  'who goes home with an open session is asked for nothing twice and loses internal': async (stage) => {
    const helene = await stage.visitor();
    await helene.logsInAtPortal('100004');
    await helene.sees('#zone[data-zone="internal"]');
    await helene.choosesPlace('home');
    await helene.at('#renew').click();
    await helene.seesPortalHome();
    await helene.sees('#zone[data-zone="nomades"]');
    await helene.opensTile('classified-docs');
    await helene.readsRefusal('app.internal_only');
  },
};
