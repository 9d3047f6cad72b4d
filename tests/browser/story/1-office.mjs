// At the office: the login page, the portal, and what the portal has received.
import assert from 'node:assert/strict';

export default {
  'an agent logs in at the office and the portal reads the zone internal': async (stage) => {
    const ines = await stage.visitor();
    await ines.opensPortal('office');
    await ines.looks('portal-welcome');
    await ines.asksToLogIn();
    assert.ok(ines.page.url().startsWith(stage.demo.office), 'the login page is the provider\'s');
    assert.equal(await ines.at('html').getAttribute('lang'), 'fr');
    assert.match(await ines.at('body').innerText(), /226-15.*323-1.*323-7/s, 'the legal notice');
    await ines.looks('login');
    await ines.shows('connexion');

    await ines.logsIn('100001');
    await ines.seesPortalHome();
    await ines.sees('#zone[data-zone="internal"]');
    assert.deepEqual(await ines.tiles(), {
      portal: 'open',
      webmail: 'open',
      mesdemandes: 'open',
      'hr-validation': 'open',
      'classified-docs': 'open',
      gis: 'open',
    });
    await ines.looks('portal-home-office');

    await ines.at('#claims').click();
    await ines.sees('main[data-page="claims"]');
    for (const section of ['Jeton d’identité', 'Réponse de UserInfo', 'Jeton d’accès']) {
      assert.equal(await ines.claim(section, 'network_zone'), 'internal', section);
    }
    assert.equal(await ines.claim('Jeton d’identité', 'acr'), 'eidas1');
    assert.notEqual(await ines.claim('Jeton d’identité', 'sub'), '100001', 'sub is not the SOI');
    await ines.looks('portal-claims');
  },

  'one login opens the other applications without another password': async (stage) => {
    const helene = await stage.visitor();
    await helene.logsInAtPortal('100004');
    await helene.opensTile('webmail');
    await helene.sees('[data-app="webmail"][data-state="signed-in"]');
    await helene.looks('application');
    await helene.page.goto(stage.demo.portal);
    await helene.opensTile('hr-validation');
    await helene.sees('[data-app="hr-validation"][data-state="signed-in"]');
  },

  'an application of another department is refused and explained': async (stage) => {
    const thomas = await stage.visitor();
    await thomas.logsInAtPortal('100005');
    assert.equal((await thomas.tiles()).gis, 'shut');
    await thomas.opensTile('gis');
    await thomas.readsRefusal('app.department');
    await thomas.looks('refusal-department');
  },

  'somebody who has left is told so after the right password and only then': async (stage) => {
    const bernard = await stage.visitor();
    await bernard.opensPortal();
    await bernard.asksToLogIn();
    await bernard.logsIn('100006');
    await bernard.readsRefusal('account.left');
    await bernard.looks('refusal-left');
  },
};
