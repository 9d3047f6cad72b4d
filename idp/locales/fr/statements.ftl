# /accessibilite (the mandatory format) and /confidentialite

accessibility-title = Déclaration d’accessibilité
accessibility-commitment = { $organisation } s’engage à rendre ses services numériques accessibles, conformément à l’article 47 de la loi n° 2005-102 du 11 février 2005.
accessibility-scope = Cette déclaration s’applique aux pages de connexion { $product }.
accessibility-state-title = État de conformité
accessibility-state-text = { $product } est non conforme avec le référentiel général d’amélioration de l’accessibilité (RGAA), version 4.1 : aucun audit n’a encore été réalisé.
accessibility-contents-title = Contenus non accessibles
accessibility-contents-text = Sans audit, nous ne pouvons pas en donner la liste. Les pages sont conçues pour le clavier, les lecteurs d’écran et l’agrandissement, et fonctionnent sans JavaScript.
accessibility-made-title = Établissement de cette déclaration
accessibility-made-on = Elle a été établie le { $date }.
accessibility-made-text = Elle repose sur les vérifications faites pendant la conception, et sera revue après le premier audit.
accessibility-contact-title = Retour d’information et contact
accessibility-contact-text = Si une page vous résiste, dites-le à notre support ({ $help }, coordonnées ci-dessous) : une solution vous sera proposée, et vous recevrez une réponse sous une semaine.
accessibility-remedy-title = Voies de recours
accessibility-remedy-text = Si vous avez signalé un défaut d’accessibilité qui vous empêche d’utiliser ce service et que vous n’avez pas obtenu de réponse satisfaisante, vous pouvez saisir le Défenseur des droits :
accessibility-remedy-form = écrire un message au Défenseur des droits
accessibility-remedy-delegate = contacter son délégué dans votre région
accessibility-remedy-post = envoyer un courrier, sans timbre : Défenseur des droits, Libre réponse 71120, 75342 Paris CEDEX 07

privacy-title = Données personnelles
privacy-lead = Ce que { $product } sait de vous, pourquoi, et pendant combien de temps.
privacy-who-title = Qui en est responsable
privacy-who-text = Votre employeur, { $organisation }. Le traitement relève de sa mission d’intérêt public et de son obligation de sécurité.
privacy-what-title = Ce qui est enregistré
privacy-what-identity = Votre identité professionnelle, transmise par les ressources humaines : SOI, nom, prénom, courriel, téléphone, direction, fonction, responsable, dates d’emploi.
privacy-what-log = Vos connexions : date et heure, adresse du poste, nom du navigateur, zone réseau, service ouvert, résultat et motif.
privacy-what-cookies = Des cookies strictement nécessaires : protéger les formulaires, garder votre session ouverte, retenir la langue, reconnaître le navigateur où vous vous êtes déjà connecté. Aucune mesure d’audience, aucun tiers.
privacy-what-never = Votre mot de passe n’est jamais conservé en clair et personne ne peut le lire. La zone réseau ne sert ni à mesurer le temps de travail ni à suivre vos déplacements.
privacy-why-title = Pourquoi
privacy-why-text = Pour ouvrir à chaque agent les services auxquels il a droit, expliquer les refus, et détecter les tentatives d’intrusion.
privacy-retention-title = Combien de temps
privacy-retention-text = { $months ->
    [one] Les journaux de connexion sont conservés { $months } mois, puis effacés.
   *[other] Les journaux de connexion sont conservés { $months } mois, puis effacés.
} Votre fiche est conservée tant que vous travaillez pour la Ville ; après votre départ, votre identifiant SOI reste réservé et n’est jamais attribué à une autre personne.
privacy-recipients-title = Qui peut les voir
privacy-recipients-text = Les équipes habilitées de la DSIN et du support ; et chaque service, pour les seules informations dont il a besoin.
privacy-rights-title = Vos droits
privacy-rights-text = Vous pouvez demander l’accès à vos données, leur rectification, la limitation du traitement ou vous y opposer. Écrivez à : { $contact }.
privacy-rights-cnil = Vous pouvez aussi adresser une réclamation à la CNIL.
