# /accessibilite (the mandatory format) and /confidentialite

accessibility-title = Accessibility statement
accessibility-commitment = { $organisation } undertakes to make its digital services accessible, in accordance with article 47 of the French law no. 2005-102 of 11 February 2005.
accessibility-scope = This statement applies to the { $product } login pages.
accessibility-state-title = State of compliance
accessibility-state-text = { $product } is not compliant with the French general accessibility framework (RGAA), version 4.1: no audit has been carried out yet.
accessibility-contents-title = Contents that are not accessible
accessibility-contents-text = Without an audit we cannot list them. The pages are designed for keyboards, screen readers and magnification, and work without JavaScript.
accessibility-made-title = How this statement was made
accessibility-made-on = It was made on { $date }.
accessibility-made-text = It rests on the checks made during design, and will be reviewed after the first audit.
accessibility-contact-title = Feedback and contact
accessibility-contact-text = If a page resists you, tell our help desk ({ $help }, contact below): you will be offered a solution and receive an answer within a week.
accessibility-remedy-title = Remedies
accessibility-remedy-text = If you have reported an accessibility defect that keeps you from using this service and have not received a satisfactory answer, you can turn to the Défenseur des droits (the French ombudsman):
accessibility-remedy-form = write a message to the Défenseur des droits
accessibility-remedy-delegate = contact the delegate in your region
accessibility-remedy-post = send a letter, no stamp needed: Défenseur des droits, Libre réponse 71120, 75342 Paris CEDEX 07

privacy-title = Personal data
privacy-lead = What { $product } knows about you, why, and for how long.
privacy-who-title = Who is responsible
privacy-who-text = Your employer, { $organisation }. The processing rests on its mission of public interest and its duty of security.
privacy-what-title = What is recorded
privacy-what-identity = Your professional identity, passed on by human resources: SOI, names, e-mail, telephone, department, position, manager, employment dates.
privacy-what-log = Your logins: date and time, workstation address, name of the browser, network zone, service opened, result and reason.
privacy-what-cookies = Strictly necessary cookies: protecting forms, keeping your session open, remembering the language, recognising a browser in which you have logged in before. No audience measurement, no third party.
privacy-what-never = Your password is never kept in clear and nobody can read it. The network zone serves neither to measure working time nor to follow your movements.
privacy-why-title = Why
privacy-why-text = To open to each agent the services they are entitled to, to explain refusals, and to detect intrusion attempts.
privacy-retention-title = For how long
privacy-retention-text = { $months ->
    [one] Login records are kept for { $months } month, then erased.
   *[other] Login records are kept for { $months } months, then erased.
} Your file is kept as long as you work for the City; after you leave, your SOI identifier stays reserved and is never given to somebody else.
privacy-recipients-title = Who can see them
privacy-recipients-text = The authorised teams of the DSIN and the help desk; and each service, only for the information it needs.
privacy-rights-title = Your rights
privacy-rights-text = You can ask for access to your data, for their correction, for a restriction of processing, or object to it. Write to: { $contact }.
privacy-rights-cnil = You can also lodge a complaint with the CNIL.
