//! TLS by the server itself: what is spoken, what is refused, what garbage does, and how a certificate is replaced.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::{Arc, Mutex};

use rcgen::{CertificateParams, KeyPair};
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    ClientConfig, DigitallySignedStruct, Error, ProtocolVersion, SignatureScheme, SupportedProtocolVersion, version,
};
use tokio_rustls::{TlsConnector, rustls};

use super::*;

pub(super) const TLS: &str = "tls = { certificate = \"FOLDER/tls.pem\", key = \"FOLDER/tls.key\" }\n";

/// Writes `tls.pem` and `tls.key` for this name; answers with the certificate.
pub(super) fn write_certificate(folder: &TempDir, name: &str) -> Vec<u8> {
    let key = KeyPair::generate().expect("a key");
    let certificate = CertificateParams::new(vec![name.to_owned()]).and_then(|p| p.self_signed(&key)).expect("made");
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("tls.pem"), certificate.pem()).expect("the certificate is written");
    std::fs::write(at("tls.key"), key.serialize_pem()).expect("the key is written");
    std::fs::set_permissions(at("tls.key"), std::fs::Permissions::from_mode(0o600)).expect("mode 0600");
    certificate.der().to_vec()
}

/// Accepts any certificate and keeps it; checks the handshake's signature, as every client does.
#[derive(Debug, Default)]
struct Witness(Mutex<Vec<u8>>);

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        *self.0.lock().unwrap() = end_entity.to_vec();
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &default_provider().signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &default_provider().signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        default_provider().signature_verification_algorithms.supported_schemes()
    }
}

/// A handshake over this connection; answers with the certificate that was shown.
pub(super) async fn handshake(
    stream: TcpStream,
    versions: &[&'static SupportedProtocolVersion],
    alpn: &[&[u8]],
) -> std::io::Result<(TlsStream<TcpStream>, Vec<u8>)> {
    let witness = Arc::new(Witness::default());
    let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(versions)
        .expect("versions")
        .dangerous()
        .with_custom_certificate_verifier(witness.clone())
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    let name = ServerName::try_from("localhost").expect("a name");
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    let shown = witness.0.lock().unwrap().clone();
    Ok((stream, shown))
}

pub(super) async fn shown(door: &Door) -> Vec<u8> {
    handshake(door.connect().await, rustls::ALL_VERSIONS, &[]).await.expect("a handshake").1
}

#[tokio::test]
async fn tls_1_2_and_1_3_are_spoken_with_http_1_1_and_nothing_else() {
    let door = Door::open(TLS, NOBODY_TRUSTED).await;
    for (offered, spoken) in [(&version::TLS12, ProtocolVersion::TLSv1_2), (&version::TLS13, ProtocolVersion::TLSv1_3)]
    {
        let alpn: [&[u8]; 2] = [b"h2", b"http/1.1"];
        let (stream, _) = handshake(door.connect().await, &[offered], &alpn).await.expect("a handshake");
        let (_, session) = stream.get_ref();
        assert_eq!(session.protocol_version(), Some(spoken));
        assert_eq!(session.alpn_protocol(), Some(b"http/1.1".as_slice()));
        let answer = ask(stream, get("/diagnostic")).await;
        assert_eq!(seen(&answer), ("internal", Some("127.0.0.1")));
    }
    let h2_only: [&[u8]; 1] = [b"h2"];
    assert!(handshake(door.connect().await, rustls::ALL_VERSIONS, &h2_only).await.is_err());
    let (stream, _) = handshake(door.connect().await, rustls::ALL_VERSIONS, &[]).await.expect("a client without ALPN");
    assert!(ask(stream, get("/health/live")).await.starts_with("HTTP/1.1 200"));
    door.stop().await;
}

/// A client hello that offers at most this version, with suites that TLS 1.0 to 1.2 know.
fn client_hello(minor: u8) -> Vec<u8> {
    let mut body = vec![3, minor];
    body.extend([7; 32]);
    // No session id; ECDHE-ECDSA and ECDHE-RSA with AES-CBC-SHA and AES-GCM, RSA with AES; no compression.
    body.extend([0, 0, 10, 0xc0, 0x09, 0xc0, 0x13, 0xc0, 0x2b, 0xc0, 0x2f, 0x00, 0x2f, 1, 0]);
    // supported_groups: P-256; ec_point_formats: uncompressed; signature_algorithms: ECDSA-P256-SHA256.
    body.extend([0, 22, 0, 10, 0, 4, 0, 2, 0, 23, 0, 11, 0, 2, 1, 0, 0, 13, 0, 4, 0, 2, 4, 3]);
    let handshake = [&[1, 0, 0, u8::try_from(body.len()).unwrap()][..], &body].concat();
    [&[22, 3, 1, 0, u8::try_from(handshake.len()).unwrap()][..], &handshake].concat()
}

#[tokio::test]
async fn tls_1_1_and_older_are_refused_with_the_alert_that_says_so() {
    let door = Door::open(TLS, "").await;
    for minor in [1, 2] {
        let mut stream = door.connect().await;
        stream.write_all(&client_hello(minor)).await.unwrap();
        let mut answer = Vec::new();
        let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("closed in time");
        // A fatal alert, protocol_version (RFC 8446 §6.2).
        assert_eq!((answer.first(), answer.get(5..7)), (Some(&21), Some(&[2, 70][..])), "{answer:?}");
    }
    // The same hello with 1.2 is answered with a server hello, so it is the version that was refused.
    let mut stream = door.connect().await;
    stream.write_all(&client_hello(3)).await.unwrap();
    let mut answer = [0; 6];
    timeout(PATIENCE, stream.read_exact(&mut answer)).await.expect("in time").expect("an answer");
    assert_eq!((answer[0], answer[5]), (22, 2), "{answer:?}");
    door.stop().await;
}

#[tokio::test]
async fn garbage_and_plain_http_on_a_tls_port_are_closed_and_do_no_harm() {
    let door = Door::open(&format!("{TLS}header_timeout = \"1s\"\n"), "").await;
    let noise: Vec<u8> = (0..4096_u32).map(|n| u8::try_from(n.wrapping_mul(2_654_435_761) >> 24).unwrap()).collect();
    for garbage in [
        get("/").into_bytes(),
        noise,
        vec![0; 70_000],
        vec![22, 3, 1, 0xff, 0xff],
        b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0".to_vec(),
        [&[22, 3, 3, 0, 4][..], &[1, 0xff, 0xff, 0xff]].concat(),
    ] {
        let answer = ask(door.connect().await, &garbage).await;
        assert!(!answer.contains("HTTP/"), "{garbage:?} {answer:?}");
    }
    shown(&door).await;
    door.stop().await;
}

#[tokio::test]
async fn a_tls_hello_on_a_plain_port_is_no_request() {
    let door = Door::open("", "").await;
    let answer = ask(door.connect().await, client_hello(3)).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer:?}");
    assert!(door.is_open().await);
    door.stop().await;
}

#[tokio::test]
async fn half_handshakes_are_closed_and_keep_nobody_waiting() {
    let door = Door::open(&format!("{TLS}header_timeout = \"1s\"\n"), "").await;
    let hello = client_hello(3);
    let mut halves = Vec::new();
    for cut in [0, 1, 5, 20, hello.len() - 1, hello.len()] {
        let mut stream = door.connect().await;
        stream.write_all(&hello[..cut]).await.unwrap();
        halves.push(stream);
    }
    // Handshakes are made beside the accept loop.
    shown(&door).await;
    for half in halves {
        until_closed(half).await;
    }
    door.stop().await;
}

#[tokio::test]
async fn a_reload_shows_the_new_certificate_and_a_broken_file_changes_nothing() {
    let door = Door::open(TLS, "").await;
    let first = shown(&door).await;
    // An open connection goes on with what it began with.
    let (mut open, _) = handshake(door.connect().await, rustls::ALL_VERSIONS, &[]).await.expect("a handshake");
    let second = write_certificate(&door.folder, "localhost");
    assert_eq!(shown(&door).await, first, "only a reload reads the files");
    let [tls] = door.idp.certificates.as_slice() else { panic!("one listener has a certificate") };
    tls.reload().expect("a sound pair");
    assert_eq!(shown(&door).await, second);
    let key = std::fs::read(door.path("tls.key")).unwrap();
    for (file, content) in [("tls.pem", "no certificate"), ("tls.key", "no key")] {
        let sound = std::fs::read(door.path(file)).unwrap();
        std::fs::write(door.path(file), content).unwrap();
        tls.reload().expect_err(file);
        assert_eq!(shown(&door).await, second, "{file}");
        std::fs::write(door.path(file), sound).unwrap();
    }
    // A new certificate whose key has not arrived yet.
    write_certificate(&door.folder, "localhost");
    std::fs::write(door.path("tls.key"), key).unwrap();
    assert!(tls.reload().unwrap_err().to_string().contains("does not belong"));
    assert_eq!(shown(&door).await, second);
    open.write_all(get("/health/live").as_bytes()).await.unwrap();
    assert!(until_closed(open).await.starts_with("HTTP/1.1 200"));
    door.stop().await;
}
