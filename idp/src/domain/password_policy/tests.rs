//! The rules about a text and an age, one by one, and what people type to get around them.

use super::*;

fn policy() -> PasswordPolicy {
    PasswordPolicy { forbidden_words: vec!["octroi".into(), "IntraParis".into()], ..PasswordPolicy::default() }
}

fn judge(text: &str) -> Result<(), Breach> {
    judge_by(&policy(), text)
}

fn judge_by(policy: &PasswordPolicy, text: &str) -> Result<(), Breach> {
    let owner = Owner {
        soi: "100001",
        given_name: "Anne-Sophie",
        family_name: "Lefèvre",
        email: "as.lefevre@ville.example",
        department: "DEVE/Espaces verts, 40",
    };
    policy.check(&PlainPassword::new(text), &owner)
}

#[test]
fn fifteen_code_points_are_enough_and_fourteen_are_not() {
    assert_eq!(judge("cheval batterie"), Ok(()));
    assert_eq!(judge("cheval batteri"), Err(Breach::TooShort));
    // ANS-R23: any character counts, as one code point.
    assert_eq!(judge("é€ 漢字 deux mots"), Ok(()));
}

#[test]
fn at_most_256_code_points_are_accepted_and_never_cut() {
    let long: String = "bonne phrase de passe ".chars().cycle().take(256).collect();
    assert_eq!(judge(&long), Ok(()));
    assert_eq!(judge(&format!("{long}x")), Err(Breach::TooLong));
    let shorter = PasswordPolicy { max_length: 64, ..policy() };
    let just: String = long.chars().take(64).collect();
    assert_eq!(judge_by(&shorter, &just), Ok(()));
    assert_eq!(judge_by(&shorter, &format!("{just}x")), Err(Breach::TooLong));
}

#[test]
fn ten_thousand_characters_are_refused_before_anybody_looks_at_them() {
    for text in ["a", "é", "e\u{301}", "👩🏽‍🚒", "ﷺ", " "] {
        assert_eq!(judge(&text.repeat(10_000)), Err(Breach::TooLong), "{text}");
    }
    // Code points beyond the maximum that no policy may raise.
    let vast = PasswordPolicy { max_length: 100_000, ..policy() };
    assert_eq!(judge_by(&vast, &"bonne phrase ".repeat(20)), Err(Breach::TooLong));
}

#[test]
fn emoji_count_by_code_points_and_are_a_password_like_another() {
    assert_eq!(judge("🚲🌳🏛🎷🥖🐈🚇🗼🌉🎨🧀📚🎭⛲🌹"), Ok(()));
    assert_eq!(judge("🚲🌳🏛🎷🥖🐈🚇🗼🌉🎨🧀📚🎭⛲"), Err(Breach::TooShort));
}

#[test]
fn combining_accents_count_once_and_equal_their_composed_twins() {
    let (decomposed, composed) = ("de\u{301}jeuner sur l’herbe", "déjeuner sur l’herbe");
    assert_eq!(PlainPassword::new(decomposed).reveal(), PlainPassword::new(composed).reveal());
    assert_eq!(judge(decomposed), judge(composed));
    // Fourteen letters, each typed as two code points.
    assert_eq!(judge(&"e\u{301}".repeat(14)), Err(Breach::TooShort));
    // What has no composed twin counts as it is.
    assert_eq!(PlainPassword::new("x\u{301}").code_points(), 2);
}

#[test]
fn spaces_at_the_edges_belong_to_it() {
    assert_eq!(judge("  cheval batteri"), Ok(()));
    assert_ne!(PlainPassword::new(" cheval batterie").reveal(), PlainPassword::new("cheval batterie").reveal());
}

#[test]
fn neither_the_soi_nor_names_nor_the_product_hide_in_it() {
    assert_eq!(judge("mon soi est 100001 oui"), Err(Breach::ContainsSoi));
    for text in ["bonjour SOPHIE bonjour", "la porte de lefevre", "la porte de LEFÈVRE", "as.lefevre as.lefev"] {
        assert_eq!(judge(text), Err(Breach::ContainsName), "{text}");
    }
    assert_eq!(judge("ouvre-toi OCTROI svp"), Err(Breach::ContainsProduct));
    assert_eq!(judge("intraparis ouvre toi"), Err(Breach::ContainsProduct));
}

#[test]
fn words_of_the_department_do_not_hide_in_it_but_its_short_codes_may() {
    for text in ["grands Espaces du nord", "poireaux VERTS fanés", "la deve est au bout"] {
        assert_eq!(judge(text), Err(Breach::ContainsDepartment), "{text}");
    }
    assert_eq!(judge("quarante voleurs 40"), Ok(()));
}

#[test]
fn a_form_is_asked_for_beside_everything_else() {
    let classes = PasswordPolicy { form: PasswordForm::Classes, ..policy() };
    assert_eq!(judge_by(&classes, "cheval batterie 42"), Err(Breach::LacksClasses));
    assert_eq!(judge_by(&classes, "Cheval batterie 42"), Ok(()));
    assert_eq!(judge_by(&classes, "Cheval batter4"), Err(Breach::TooShort), "the floor stays");
    let phrase = PasswordPolicy { form: PasswordForm::Passphrase, ..policy() };
    assert_eq!(judge_by(&phrase, "Cheval batterie 42"), Err(Breach::LacksWords));
    assert_eq!(judge_by(&phrase, "cheval batterie agrafe lune nord pluie quai"), Ok(()));
}

#[test]
fn a_pattern_again_and_again_is_no_password() {
    for text in ["aaaaaaaaaaaaaaaa", "abababababababab", "1234123412341234"] {
        assert_eq!(judge(text), Err(Breach::Repetitive), "{text}");
    }
}

#[test]
fn what_is_guessed_first_is_refused() {
    for text in ["azertyuiopqsdfgh", "qwertyuiopasdfgh", "passwordpassword1", "password12345678", "0614198706141987"] {
        assert!(matches!(judge(text), Err(Breach::Guessable | Breach::Repetitive)), "{text}");
    }
    // CNIL-02: 15 digits have 49.8 bits, 16 have 53.2.
    assert_eq!(judge("804962751384609"), Err(Breach::Guessable));
    assert_eq!(judge("8049627513846092"), Ok(()));
}

#[test]
fn a_few_neighbouring_keys_in_a_phrase_are_no_harm() {
    assert_eq!(judge("mon clavier azerty est vieux"), Ok(()));
    assert_eq!(judge("poiuytreza mlkjhgfdsq"), Err(Breach::Guessable));
}

/// It took zxcvbn more than a second, on a thread that answers others.
#[test]
fn a_text_of_many_kinds_of_symbols_is_not_searched_for_words() {
    let many = "4@8({[</369&#!1/|0$5+7%2/".repeat(4);
    for _ in 0..200 {
        assert_eq!(judge(&many), Ok(()));
    }
}

#[test]
fn no_character_class_is_asked_for_by_default() {
    assert_eq!(judge("quinzeminuscules"), Ok(()));
}

#[test]
fn age_counts_only_where_a_maximum_is_set() {
    let at = Timestamp::from_seconds(0);
    assert!(!policy().is_expired(at, None, at.plus(4000 * DAY)));
    let city = PasswordPolicy { max_age: Some(180 * DAY), ..policy() };
    assert!(!city.is_expired(at, None, at.plus(180 * DAY).minus(Duration::from_millis(1))));
    assert!(city.is_expired(at, None, at.plus(180 * DAY)));
    assert!(policy().is_expired(at, Some(at.plus(DAY)), at.plus(DAY)));
    assert!(!policy().is_expired(at, Some(at.plus(DAY)), at));
}

#[test]
fn the_end_is_told_ahead_and_not_after_it() {
    let (at, second) = (Timestamp::from_seconds(0), Duration::from_secs(1));
    let city = PasswordPolicy { max_age: Some(180 * DAY), ..policy() };
    let end = at.plus(180 * DAY);
    for (now, told) in [
        (at, None),
        (at.plus(165 * DAY).minus(second), None),
        (at.plus(165 * DAY), Some(end)),
        (end.minus(second), Some(end)),
        (end, None),
    ] {
        assert_eq!(city.expires_soon(at, None, now), told, "{now:?}");
    }
    assert_eq!(city.expires_soon(at, Some(at.plus(DAY)), at), Some(at.plus(DAY)), "the first of both");
    assert_eq!(policy().expires_soon(at, None, at.plus(9000 * DAY)), None);
}

#[test]
fn a_minimum_age_holds_back_whoever_only_wants_to_change_it() {
    let (at, second) = (Timestamp::from_seconds(0), Duration::from_secs(1));
    let patient = PasswordPolicy { min_age: DAY, ..policy() };
    assert_eq!(patient.check_age(at, None, at.plus(DAY).minus(second)), Err(Breach::TooRecent));
    assert_eq!(patient.check_age(at, None, at.plus(DAY)), Ok(()));
    assert_eq!(patient.check_age(at, Some(at.plus(90 * DAY)), at), Ok(()), "the DSIN wants it changed");
    assert_eq!(policy().check_age(at, None, at), Ok(()), "none by default");
}

#[test]
fn what_a_text_is_judged_by_has_a_name_of_its_own() {
    let named = policy().rules();
    for other in [
        PasswordPolicy { min_length: 16, ..policy() },
        PasswordPolicy { max_length: 128, ..policy() },
        PasswordPolicy { form: PasswordForm::Classes, ..policy() },
        PasswordPolicy { min_score: 4, ..policy() },
        PasswordPolicy { forbidden_words: vec!["octroi\", \"IntraParis".into()], ..policy() },
    ] {
        assert_ne!(other.rules(), named);
    }
    // What says nothing about a text judges none again.
    let renewed = PasswordPolicy { max_age: Some(DAY), history: 9, min_age: DAY, warn_before: DAY, ..policy() };
    assert_eq!(renewed.rules(), named);
}
