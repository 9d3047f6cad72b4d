//! What is signed is believed, and nothing else is.

use aws_lc_rs::hmac as mac;
use proptest::prelude::*;

use super::super::keys::tests::{es256, rs256};
use super::super::keys::{KeyUse, SigningKey};
use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn ring() -> KeyRing {
    let keys = vec![(es256(1), KeyUse::Sign), (es256(2), KeyUse::VerifyOnly), (rs256(), KeyUse::Sign)];
    KeyRing::new(keys).unwrap()
}

fn claims() -> Value {
    let now = NOW.seconds();
    json!({"iss": "https://idp.example", "sub": "agent", "aud": "app", "iat": now, "exp": now + 300})
}

fn access_token() -> String {
    ring().sign(SigningAlg::ES256, TokenType::AccessToken, &claims()).unwrap()
}

fn verify(token: &str) -> Result<Map<String, Value>, JwtError> {
    ring().verify(token, TokenType::AccessToken)
}

/// The text that is signed: a header and a payload of the attacker's choice.
fn unsigned(header: &Value, payload: &Value) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(payload.to_string()))
}

/// A header of the attacker's choice, signed with `key`.
fn signed_by(key: &SigningKey, header: &Value, payload: &Value) -> String {
    let text = unsigned(header, payload);
    let signature = URL_SAFE_NO_PAD.encode(key.sign(text.as_bytes()).unwrap());
    format!("{text}.{signature}")
}

fn header() -> Value {
    json!({"alg": "ES256", "typ": "at+jwt", "kid": es256(1).kid()})
}

#[test]
fn what_either_algorithm_signed_is_believed() {
    for alg in [SigningAlg::ES256, SigningAlg::RS256] {
        for typ in [TokenType::AccessToken, TokenType::IdToken] {
            let token = ring().sign(alg, typ, &claims()).unwrap();
            assert_eq!(Value::Object(ring().verify_at(&token, typ, NOW).unwrap()), claims());
        }
    }
}

#[test]
fn the_header_is_algorithm_type_and_key() {
    let token = ring().sign(SigningAlg::RS256, TokenType::AccessToken, &claims()).unwrap();
    let first = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    let first: Value = serde_json::from_slice(&first).unwrap();
    assert_eq!(first, json!({"alg": "RS256", "typ": "at+jwt", "kid": rs256().kid()}));
}

#[test]
fn a_key_that_does_not_sign_any_more_still_verifies() {
    let old = KeyRing::new(vec![(es256(2), KeyUse::Sign)]).unwrap();
    let token = old.sign(SigningAlg::ES256, TokenType::AccessToken, &claims()).unwrap();
    assert!(verify(&token).is_ok());
    assert_eq!(old.sign(SigningAlg::RS256, TokenType::IdToken, &claims()), Err(JwtError::NoSigner(SigningAlg::RS256)));
}

#[test]
fn an_unsigned_token_is_not_believed() {
    for alg in ["none", "None", "NONE", ""] {
        let header = json!({"alg": alg, "typ": "at+jwt", "kid": es256(1).kid()});
        let text = unsigned(&header, &claims());
        assert_eq!(verify(&format!("{text}.")), Err(JwtError::WrongAlgorithm), "{alg}");
    }
    let honest = unsigned(&header(), &claims());
    assert_eq!(verify(&format!("{honest}.")), Err(JwtError::BadSignature));
    assert_eq!(verify(&format!("{honest}.AAAA")), Err(JwtError::BadSignature));
}

#[test]
fn the_public_key_used_as_a_shared_secret_signs_nothing() {
    for key in [es256(1), rs256()] {
        let text = unsigned(&json!({"alg": "HS256", "typ": "at+jwt", "kid": key.kid()}), &claims());
        let jwk = key.public_jwk();
        for secret in ["n", "x"].iter().filter_map(|member| jwk[*member].as_str()) {
            for bytes in [secret.as_bytes().to_vec(), URL_SAFE_NO_PAD.decode(secret).unwrap(), jwk.to_string().into()] {
                let tag = mac::sign(&mac::Key::new(mac::HMAC_SHA256, &bytes), text.as_bytes());
                let token = format!("{text}.{}", URL_SAFE_NO_PAD.encode(tag));
                assert_eq!(verify(&token), Err(JwtError::WrongAlgorithm));
            }
        }
    }
}

#[test]
fn the_algorithm_is_the_key_s_and_not_the_token_s() {
    let mut header = header();
    for alg in ["RS256", "ES384", "PS256", "HS256", "es256"] {
        header["alg"] = json!(alg);
        assert_eq!(verify(&signed_by(&es256(1), &header, &claims())), Err(JwtError::WrongAlgorithm), "{alg}");
    }
    header.as_object_mut().unwrap().remove("alg");
    assert_eq!(verify(&signed_by(&es256(1), &header, &claims())), Err(JwtError::WrongAlgorithm));
}

#[test]
fn an_id_token_is_no_access_token_and_the_other_way_round() {
    let id_token = ring().sign(SigningAlg::ES256, TokenType::IdToken, &claims()).unwrap();
    assert_eq!(verify(&id_token), Err(JwtError::WrongType));
    assert_eq!(ring().verify(&access_token(), TokenType::IdToken), Err(JwtError::WrongType));
}

/// RFC 9068 §4: `at+jwt` or `application/at+jwt`, compared as media types.
#[test]
fn the_type_is_compared_as_a_media_type() {
    let mut header = header();
    for typ in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/AT+jwt"] {
        header["typ"] = json!(typ);
        assert!(verify(&signed_by(&es256(1), &header, &claims())).is_ok(), "{typ}");
    }
    for typ in ["jwt", "at+jwt ", "application/application/at+jwt", "text/at+jwt", "", "application/"] {
        header["typ"] = json!(typ);
        assert_eq!(verify(&signed_by(&es256(1), &header, &claims())), Err(JwtError::WrongType), "{typ}");
    }
    header.as_object_mut().unwrap().remove("typ");
    assert_eq!(verify(&signed_by(&es256(1), &header, &claims())), Err(JwtError::WrongType));
}

#[test]
fn a_token_without_kid_or_with_an_unknown_one_names_no_key() {
    let mut header = header();
    for kid in [json!("unknown"), json!(""), Value::Null] {
        header["kid"] = kid;
        assert_eq!(verify(&signed_by(&es256(1), &header, &claims())), Err(JwtError::UnknownKey));
    }
    header.as_object_mut().unwrap().remove("kid");
    assert_eq!(verify(&signed_by(&es256(1), &header, &claims())), Err(JwtError::UnknownKey));
}

#[test]
fn another_live_key_s_kid_does_not_help() {
    let mut header = header();
    header["kid"] = json!(es256(2).kid());
    assert_eq!(verify(&signed_by(&es256(1), &header, &claims())), Err(JwtError::BadSignature));
}

#[test]
fn critical_headers_are_refused_whatever_they_demand() {
    for crit in [json!(["b64"]), json!(["exp"]), json!([]), Value::Null, json!("exp")] {
        let mut header = header();
        header["crit"] = crit.clone();
        assert_eq!(verify(&signed_by(&es256(1), &header, &claims())), Err(JwtError::CriticalHeader), "{crit}");
    }
}

#[test]
fn keys_that_a_token_brings_along_are_not_looked_at() {
    let stranger = es256(666);
    for (member, value) in [
        ("jwk", stranger.public_jwk().clone()),
        ("jku", json!("https://evil.example/jwks")),
        ("x5u", json!("https://evil.example/cert")),
        ("x5c", json!(["AAAA"])),
    ] {
        let mut header = header();
        header[member] = value;
        // Under one of our kids the stranger's signature is compared with our key…
        assert_eq!(verify(&signed_by(&stranger, &header, &claims())), Err(JwtError::BadSignature), "{member}");
        // …and under his own there is no key.
        header["kid"] = json!(stranger.kid());
        assert_eq!(verify(&signed_by(&stranger, &header, &claims())), Err(JwtError::UnknownKey), "{member}");
    }
}

#[test]
fn every_changed_byte_is_noticed() {
    let token = access_token();
    let payload_starts = token.find('.').unwrap() + 1;
    for at in payload_starts..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        assert!(verify(&String::from_utf8(bytes).unwrap()).is_err(), "byte {at}");
    }
    let other = json!({"sub": "somebody else", "iat": NOW.seconds(), "exp": NOW.seconds() + 300});
    let signature = token.rsplit('.').next().unwrap();
    assert_eq!(verify(&format!("{}.{signature}", unsigned(&header(), &other))), Err(JwtError::BadSignature));
}

#[test]
fn what_is_not_three_parts_is_no_token() {
    let token = access_token();
    let (header, rest) = token.split_once('.').unwrap();
    for text in
        ["", ".", "..", "...", header, &format!("{header}."), &format!("{token}.x"), &format!(".{rest}"), "é.é.é"]
    {
        assert!(verify(text).is_err(), "{text:?}");
    }
    assert_eq!(verify(&format!("{header}=.{rest}")), Err(JwtError::Malformed));
}

#[test]
fn a_header_with_a_member_twice_is_malformed() {
    let header = format!(r#"{{"alg":"ES256","typ":"at+jwt","kid":"{0}","kid":"{0}"}}"#, es256(1).kid());
    let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims().to_string()));
    let signature = URL_SAFE_NO_PAD.encode(es256(1).sign(text.as_bytes()).unwrap());
    assert_eq!(verify(&format!("{text}.{signature}")), Err(JwtError::Malformed));
}

#[test]
fn an_over_long_token_is_not_looked_at() {
    let mut long = claims();
    long["filler"] = json!("x".repeat(TOKEN_MAX_BYTES));
    let token = ring().sign(SigningAlg::ES256, TokenType::AccessToken, &long).unwrap();
    assert_eq!(verify(&token), Err(JwtError::TooLong));
}

#[test]
fn a_token_is_valid_from_its_issue_until_just_before_its_expiry() {
    let at = |offset: i64| {
        let now = Timestamp::from_seconds(NOW.seconds() + offset);
        ring().verify_at(&access_token(), TokenType::AccessToken, now).map(|_| ())
    };
    assert_eq!(at(299), Ok(()));
    assert_eq!(at(300), Err(JwtError::Expired));
    assert_eq!(at(-10), Ok(()), "another node's clock may be a little ahead");
    assert_eq!(at(-11), Err(JwtError::NotYetValid));
    assert!(verify(&access_token()).is_ok(), "a hint may be old");
}

#[test]
fn times_must_be_there_and_be_numbers() {
    let now = NOW.seconds();
    for (payload, expected) in [
        (json!({"iat": now}), JwtError::BadTimes),
        (json!({"exp": now + 300}), JwtError::BadTimes),
        (json!({"iat": now, "exp": "tomorrow"}), JwtError::BadTimes),
        (json!({"iat": now, "exp": null}), JwtError::BadTimes),
        (json!({"iat": now, "exp": now + 300, "nbf": []}), JwtError::BadTimes),
        (json!({"iat": now, "exp": now + 300, "nbf": now + 60}), JwtError::NotYetValid),
        (json!({"iat": now, "exp": i64::MIN}), JwtError::Expired),
    ] {
        let token = signed_by(&es256(1), &header(), &payload);
        assert_eq!(ring().verify_at(&token, TokenType::AccessToken, NOW).unwrap_err(), expected, "{payload}");
    }
    let no_object = signed_by(&es256(1), &header(), &json!(["not", "claims"]));
    assert_eq!(verify(&no_object), Err(JwtError::Malformed));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_text_is_believed_or_makes_the_verifier_fail(text in "[A-Za-z0-9_.=-]{0,200}") {
        let ring = KeyRing::new(vec![(es256(1), KeyUse::Sign)]).unwrap();
        prop_assert!(ring.verify(&text, TokenType::AccessToken).is_err());
    }
}
