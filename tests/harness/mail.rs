//! An SMTP server for tests (RFC 5321), with a will of its own: it can be slow, refuse a recipient, break off, be away and
//! come back. What it took is read by a foreign parser ([`ReceivedMail`]).
//!
//! Nothing waits for time to pass: a slow server is one that answers when the test lets it ([`MailServer::hold`]).

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mail_parser::MessageParser;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// From whom mails of the tests come.
pub const FROM: &str = "ne-pas-repondre@ville.example";

/// What is waited for comes within this time, or never.
const PATIENCE: Duration = Duration::from_secs(20);

/// One mail that was taken.
#[derive(Debug, Clone)]
pub struct ReceivedMail {
    /// Of the envelope.
    pub from: String,
    pub to: String,
    pub message_id: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// As it came.
    pub raw: String,
}

impl ReceivedMail {
    /// Reads a mail.
    pub fn parse(from: &str, to: &str, raw: &[u8]) -> Self {
        let mail = MessageParser::default().parse(raw).expect("a mail");
        Self {
            from: from.to_owned(),
            to: to.to_owned(),
            message_id: mail.message_id().unwrap_or_default().to_owned(),
            subject: mail.subject().unwrap_or_default().to_owned(),
            text: mail.body_text(0).unwrap_or_default().replace("\r\n", "\n"),
            html: mail.body_html(0).unwrap_or_default().into_owned(),
            raw: String::from_utf8_lossy(raw).into_owned(),
        }
    }

    /// A header's first line, as it came.
    pub fn header(&self, name: &str) -> Option<&str> {
        let head = self.raw.split("\r\n\r\n").next()?;
        head.lines()
            .find_map(|line| line.split_once(": ").filter(|(found, _)| found.eq_ignore_ascii_case(name)))
            .map(|(_, v)| v)
    }

    /// The first line that holds nothing but a code (`4821-9037`, `K7QM-2F4X-9TWB`): of a notice that carries one, its code.
    pub fn code(&self) -> Option<String> {
        self.codes().into_iter().next()
    }

    /// The last such line: of a notice with an alarm, the alarm's.
    pub fn alarm_code(&self) -> Option<String> {
        self.codes().into_iter().next_back()
    }

    fn codes(&self) -> Vec<String> {
        let is_group =
            |group: &str| group.len() == 4 && group.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        let is_code = |line: &&str| line.contains('-') && line.split('-').all(is_group);
        self.text.lines().map(str::trim).filter(is_code).map(str::to_owned).collect()
    }

    /// The first link whose path begins with `path`.
    pub fn link(&self, path: &str) -> Option<String> {
        let is_it = |word: &&str| {
            word.parse::<url::Url>().is_ok_and(|url| url.scheme().starts_with("http") && url.path().starts_with(path))
        };
        self.text.split_whitespace().find(is_it).map(str::to_owned)
    }
}

/// How the server behaves.
#[derive(Debug, Default)]
struct Mood {
    refused: BTreeSet<String>,
    deferred: BTreeSet<String>,
    breaks_in_data: usize,
    breaks_after_data: usize,
    refuses_logins: bool,
}

/// The server. Dropped, it is away.
pub struct MailServer {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    listening: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    mood: Mutex<Mood>,
    taken: watch::Sender<Vec<ReceivedMail>>,
    /// Mails wait at their end while it is true.
    held: watch::Sender<bool>,
    /// Mails that came to their end, also those that were not taken.
    handed_over: watch::Sender<usize>,
    /// Connections end when it changes.
    gone: watch::Sender<u64>,
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.go_away();
    }
}

impl MailServer {
    /// A server on a free port of this machine.
    pub async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, crate::idp::free_port())).await.expect("a port");
        let shared = Arc::new(Shared {
            mood: Mutex::default(),
            taken: watch::Sender::default(),
            held: watch::Sender::new(false),
            handed_over: watch::Sender::default(),
            gone: watch::Sender::default(),
        });
        let address = listener.local_addr().expect("an address");
        let listening = Mutex::new(Some(listen(listener, shared.clone())));
        Self { address, shared, listening }
    }

    /// The section of a configuration that sends mails here.
    pub fn config(&self) -> String {
        let port = self.address.port();
        format!(
            "[mail]\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\"\nfrom = \"{FROM}\"\ntimeout = \"10s\"\n"
        )
    }

    /// Everything that was taken so far, in the order in which it came.
    pub fn received(&self) -> Vec<ReceivedMail> {
        self.shared.taken.borrow().clone()
    }

    /// Waits until `count` mails were taken, and answers them.
    pub async fn wait_for(&self, count: usize) -> Vec<ReceivedMail> {
        let mut taken = self.shared.taken.subscribe();
        let enough = tokio::time::timeout(PATIENCE, taken.wait_for(|taken| taken.len() >= count)).await;
        match enough {
            Ok(taken) => taken.expect("the server lives").clone(),
            Err(_) => panic!("{count} mails were expected: {:#?}", self.received()),
        }
    }

    /// Waits for a mail to this address, and answers the newest.
    pub async fn next_to(&self, address: &str) -> ReceivedMail {
        let mut taken = self.shared.taken.subscribe();
        let newest = |taken: &Vec<ReceivedMail>| taken.iter().rev().find(|mail| mail.to == address).cloned();
        match tokio::time::timeout(PATIENCE, taken.wait_for(|taken| newest(taken).is_some())).await {
            Ok(taken) => newest(&taken.expect("the server lives")).expect("a mail"),
            Err(_) => panic!("a mail to {address} was expected: {:#?}", self.received()),
        }
    }

    /// Forgets what was taken, so that a test reads only what comes from here on.
    pub fn forget(&self) {
        self.shared.taken.send_replace(Vec::new());
    }

    /// Takes mails only up to their last line, and answers nothing there until [`release`](Self::release).
    pub fn hold(&self) {
        self.shared.held.send_replace(true);
    }

    /// Answers those that wait.
    pub fn release(&self) {
        self.shared.held.send_replace(false);
    }

    /// Waits until `count` mails have come to their last line, taken or not.
    pub async fn wait_for_last_lines(&self, count: usize) {
        let mut handed_over = self.shared.handed_over.subscribe();
        let enough = tokio::time::timeout(PATIENCE, handed_over.wait_for(|seen| *seen >= count)).await;
        enough.expect("mails that are handed over").expect("the server lives");
    }

    /// Says 550 to this recipient from now on.
    pub fn refuse(&self, address: &str) {
        self.shared.mood.lock().expect("the mood").refused.insert(address.to_owned());
    }

    /// Says 450 to this recipient from now on.
    pub fn defer(&self, address: &str) {
        self.shared.mood.lock().expect("the mood").deferred.insert(address.to_owned());
    }

    /// Takes every recipient again.
    pub fn accept_all(&self) {
        *self.shared.mood.lock().expect("the mood") = Mood::default();
    }

    /// Breaks the connection in the middle of the next `times` mails.
    pub fn break_in_data(&self, times: usize) {
        self.shared.mood.lock().expect("the mood").breaks_in_data = times;
    }

    /// Takes the next `times` mails, and breaks the connection instead of saying so.
    pub fn break_after_data(&self, times: usize) {
        self.shared.mood.lock().expect("the mood").breaks_after_data = times;
    }

    /// Says 530 to every sender, as a server does that wants a login.
    pub fn refuse_logins(&self) {
        self.shared.mood.lock().expect("the mood").refuses_logins = true;
    }

    /// Closes its port and every connection.
    pub fn go_away(&self) {
        if let Some(listening) = self.listening.lock().expect("the listener").take() {
            listening.abort();
        }
        self.shared.gone.send_modify(|times| *times += 1);
    }

    /// Listens again, at the same port.
    pub async fn come_back(&self) {
        let listener = loop {
            match TcpListener::bind(self.address).await {
                Ok(listener) => break listener,
                Err(_) => tokio::task::yield_now().await,
            }
        };
        *self.listening.lock().expect("the listener") = Some(listen(listener, self.shared.clone()));
    }
}

fn listen(listener: TcpListener, shared: Arc<Shared>) -> JoinHandle<()> {
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let shared = shared.clone();
            tokio::spawn(async move {
                let mut gone = shared.gone.subscribe();
                tokio::select! {
                    _ = converse(stream, &shared) => {}
                    _ = gone.changed() => {}
                }
            });
        }
    })
}

/// One connection, until it says goodbye or the mood is to break off.
async fn converse(stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let (mut from, mut to) = (String::new(), String::new());
    stream.write_all(b"220 mail.ville.example ESMTP\r\n").await?;
    let mut refusal;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let command = line.trim_end().to_owned();
        let upper = command.to_ascii_uppercase();
        let answer = if upper.starts_with("EHLO") {
            "250-mail.ville.example\r\n250 8BITMIME\r\n"
        } else if upper.starts_with("MAIL FROM:") {
            from = between(&command);
            if shared.mood.lock().expect("the mood").refuses_logins {
                "530 5.7.0 log in first\r\n"
            } else {
                "250 ok\r\n"
            }
        } else if upper.starts_with("RCPT TO:") {
            to = between(&command);
            let mood = shared.mood.lock().expect("the mood");
            if mood.refused.contains(&to) {
                refusal = format!("550 5.1.1 <{to}>: no such user\r\n");
                &refusal
            } else if mood.deferred.contains(&to) {
                "450 4.2.2 mailbox full\r\n"
            } else {
                "250 ok\r\n"
            }
        } else if upper == "DATA" {
            stream.write_all(b"354 go on\r\n").await?;
            match take(&mut stream, shared, &from, &to).await? {
                true => "250 taken\r\n",
                false => return Ok(()),
            }
        } else if upper == "QUIT" {
            stream.write_all(b"221 bye\r\n").await?;
            return Ok(());
        } else if upper == "NOOP" || upper == "RSET" {
            "250 ok\r\n"
        } else {
            "502 not here\r\n"
        };
        stream.write_all(answer.as_bytes()).await?;
    }
}

/// Takes one mail; answers whether to go on.
async fn take(stream: &mut BufReader<TcpStream>, shared: &Shared, from: &str, to: &str) -> std::io::Result<bool> {
    let breaks = |left: fn(&mut Mood) -> &mut usize| {
        let mut mood = shared.mood.lock().expect("the mood");
        let left = left(&mut mood);
        let now = *left > 0;
        *left = left.saturating_sub(1);
        now
    };
    let breaks_in_data = breaks(|mood| &mut mood.breaks_in_data);
    let mut raw = Vec::new();
    loop {
        let mut line = Vec::new();
        if stream.read_until(b'\n', &mut line).await? == 0 || breaks_in_data {
            return Ok(false);
        }
        if line == b".\r\n" {
            break;
        }
        raw.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
    shared.handed_over.send_modify(|seen| *seen += 1);
    let mut held = shared.held.subscribe();
    let _ = held.wait_for(|held| !held).await;
    let mail = ReceivedMail::parse(from, to, &raw);
    shared.taken.send_modify(|taken| taken.push(mail));
    Ok(!breaks(|mood| &mut mood.breaks_after_data))
}

fn between(command: &str) -> String {
    let inside = command.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map(|(address, _)| address.to_owned()).unwrap_or_default()
}
