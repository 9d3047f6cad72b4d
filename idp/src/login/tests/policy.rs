//! A policy that changed catches up with the passwords in use, and an end is told ahead.

use super::*;
use crate::domain::population::Populations;
use crate::domain::role::Role;
use crate::storage::roles;

fn with_policy(place: &Place, change: impl FnOnce(PasswordPolicy) -> PasswordPolicy) -> Login {
    let policies = PasswordPolicies::from(change(PasswordPolicy::default()));
    let settings = LoginSettings { policies, ..(*place.login.settings).clone() };
    Login { settings: Arc::new(settings), ..place.login.clone() }
}

fn longer(policy: PasswordPolicy) -> PasswordPolicy {
    PasswordPolicy { min_length: 30, ..policy }
}

async fn judged_by(place: &Place) -> Option<Vec<u8>> {
    place.looked_up().await.1.judged_by
}

async fn must_renew(place: &Place, login: &Login) -> (Reason, Option<Breach>, bool) {
    let step = place.log_in(login).await;
    let Step::Renew { why, .. } = step else { panic!("{step:?}") };
    (why.reason, why.broken, why.by_age)
}

#[tokio::test]
async fn a_changed_policy_catches_up_at_the_next_login_and_tells_which_rule() {
    let place = place().await;
    assert!(matches!(place.log_in(&place.login).await, Step::In(_)));
    let stricter = with_policy(&place, longer);
    let expected = (Reason::PasswordExpired, Some(Breach::TooShort), false);
    assert_eq!(must_renew(&place, &stricter).await, expected);
    assert_eq!(must_renew(&place, &stricter).await, expected, "until it is changed");
    let asked = place.newest("login.renewal_asked").await;
    assert_eq!(asked.detail, serde_json::json!({ "why": "password.expired", "rules_changed": true }));

    let Step::Renew { ticket, .. } = place.log_in(&stricter).await else { panic!("to be renewed") };
    let (contact, browser) = (Contact::default(), PlainToken::new("browser"));
    let renew = async |new: &str| {
        let new = || PlainPassword::new(new);
        stricter.renew(&ticket, new(), new(), "", visit(&contact, &browser)).await.unwrap()
    };
    let Renewal::Breach { breach, why } = renew("encore bien trop court").await else { panic!("refused") };
    assert_eq!((breach, why.broken, why.policy.min_length), (Breach::TooShort, Some(Breach::TooShort), 30));
    assert!(matches!(renew("une phrase nettement plus longue qu’avant").await, Renewal::In(_)));
    assert!(judged_by(&place).await.is_some(), "chosen by the rules of today: the next login judges nothing");
}

#[tokio::test]
async fn what_met_the_rules_is_not_judged_again_until_they_change() {
    let place = place().await;
    let first = judged_by(&place).await;
    assert!(first.is_some(), "it met the rules when it was chosen");
    assert!(matches!(place.log_in(&place.login).await, Step::In(_)));
    assert_eq!(judged_by(&place).await, first);
    let shorter = with_policy(&place, |policy| PasswordPolicy { max_length: 200, ..policy });
    assert!(matches!(place.log_in(&shorter).await, Step::In(_)));
    let second = judged_by(&place).await;
    assert!(second.is_some() && second != first, "judged by other rules");

    // Noted as judged by the stricter rules: nobody looks again.
    let stricter = with_policy(&place, longer);
    let (_, stored) = place.looked_up().await;
    let policy = longer(PasswordPolicy::default());
    let rules = crate::crypto::hash::sha256(&[&[0; 32][..], policy.rules().as_bytes()].concat());
    let note = async |tx: &mut Tx| -> Result<(), StoreError> {
        passwords::set_judged(tx, &place.soi, stored.changed_at, &rules).await
    };
    place.login.store.write(note).await.unwrap();
    assert!(matches!(place.log_in(&stricter).await, Step::In(_)));
}

#[tokio::test]
async fn before_the_right_password_nobody_learns_that_the_rules_changed() {
    let place = place().await;
    let stricter = with_policy(&place, longer);
    let (contact, browser) = (Contact::default(), PlainToken::new("browser"));
    let wrong = PlainPassword::new("not the password");
    let before = judged_by(&place).await;
    let step = stricter.attempt(place.soi.as_str(), wrong, visit(&contact, &browser)).await.unwrap();
    assert!(matches!(step, Step::WrongCredentials));
    assert_eq!(judged_by(&place).await, before);
}

#[tokio::test]
async fn outside_a_password_that_breaks_new_rules_opens_nothing() {
    let place = place().await;
    let stricter = with_policy(&place, longer);
    let (contact, browser) = (Contact::default(), PlainToken::new("browser"));
    let visit = Visit { zone: NetworkZone::Nomades, ..visit(&contact, &browser) };
    let step = stricter.attempt(place.soi.as_str(), PlainPassword::new(PASSWORD), visit).await.unwrap();
    assert!(matches!(step, Step::Refused { reason: Reason::PasswordExpired, .. }), "{step:?}");
}

#[tokio::test]
async fn another_list_of_the_city_is_noticed_like_another_policy() {
    let mut place = place().await;
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("blocklist.txt");
    std::fs::write(&file, "fluctuat nec mergitur\n").unwrap();
    place.login.blocked = BlockedPasswords::open(Some(&file)).unwrap();
    assert!(matches!(place.log_in(&place.login).await, Step::In(_)));
    std::fs::write(&file, "marronnier-quai\n").unwrap();
    assert!(matches!(place.log_in(&place.login).await, Step::In(_)), "not taken over yet");
    place.login.blocked.refresh().unwrap();
    assert_eq!(must_renew(&place, &place.login).await.1, Some(Breach::Listed));
    let code = place.issue_code().await;
    let chosen = place.activate(&code, "Marronnier-Quai-1742").await;
    assert!(matches!(chosen, Activation::OwnBreach { breach: Breach::Listed, .. }), "nor chosen again: {chosen:?}");
}

#[tokio::test]
async fn who_is_given_a_role_meets_the_policy_of_administrators_at_the_next_login() {
    let mut place = place().await;
    let strict = longer(PasswordPolicy::default());
    let own = std::collections::BTreeMap::from([("administrators".to_owned(), strict)]);
    let policies = PasswordPolicies::new(Populations::default(), own, PasswordPolicy::default());
    place.login.settings = Arc::new(LoginSettings { policies, ..(*place.login.settings).clone() });
    assert!(matches!(place.log_in(&place.login).await, Step::In(_)));
    let now = place.login.clock.now();
    let grant = async |tx: &mut Tx| -> Result<bool, StoreError> {
        roles::grant(tx, &place.soi, Role::Helpdesk, "root", now).await
    };
    assert!(place.login.store.write(grant).await.unwrap());
    assert_eq!(must_renew(&place, &place.login).await.1, Some(Breach::TooShort));
}

#[tokio::test]
async fn an_end_that_is_near_is_told_with_the_session_and_not_before() {
    let place = place().await;
    let day = Duration::from_hours(24);
    let city = with_policy(&place, |policy| PasswordPolicy { max_age: Some(180 * day), ..policy });
    let changed_at = place.looked_up().await.1.changed_at;
    let told = async || {
        let Step::In(new) = place.log_in(&city).await else { panic!("logged in") };
        assert_eq!(city.find_password_end(&new.session).await.unwrap(), new.password_ends, "the page says the same");
        new.password_ends
    };
    assert_eq!(told().await, None);
    place.login.clock.advance(164 * day);
    assert_eq!(told().await, None);
    place.login.clock.advance(day);
    assert_eq!(told().await, Some(changed_at.plus(180 * day)));
    place.login.clock.advance(15 * day);
    assert_eq!(must_renew(&place, &city).await, (Reason::PasswordExpired, None, true));
}
