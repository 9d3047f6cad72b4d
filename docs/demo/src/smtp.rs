//! A small mail server (RFC 5321) for the demo: it takes what the provider sends, and puts it into the mailbox.
//!
//! It listens on this machine only, takes every recipient, relays nothing and keeps nothing. It is no mail server for anything else.

use std::io;
use std::time::Duration;

use mail_parser::MessageParser;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::listen::Bound;
use crate::mailbox::{Letter, Mailbox, Medium};

/// A longer line is no command and no line of a mail of ours.
const LONGEST_LINE: u64 = 4096;

/// A longer mail is none of ours.
const LONGEST_MAIL: usize = 1024 * 1024;

/// Who says nothing for so long is gone.
const SILENCE: Duration = Duration::from_secs(300);

/// Serves until `stop` turns true.
pub async fn serve(bound: Bound, mailbox: Mailbox, mut stop: watch::Receiver<bool>) -> io::Result<()> {
    let mut listening = JoinSet::new();
    for listener in bound.into_listeners() {
        let (listener, mailbox) = (TcpListener::from_std(listener)?, mailbox.clone());
        listening.spawn(async move {
            let mut conversations = JoinSet::new();
            loop {
                tokio::select! {
                    accepted = listener.accept() => match accepted {
                        Ok((stream, _)) => {
                            let mailbox = mailbox.clone();
                            conversations.spawn(async move {
                                if let Err(error) = converse(stream, &mailbox).await {
                                    tracing::debug!(%error, "a connection to the demo's mail server broke off");
                                }
                            });
                        }
                        Err(error) => tracing::debug!(%error, "the demo's mail server could not accept"),
                    },
                    Some(_) = conversations.join_next() => {}
                }
            }
        });
    }
    // A sender that is gone means the same as a stop.
    let _ = stop.wait_for(|stopped| *stopped).await;
    Ok(())
}

async fn converse(stream: TcpStream, mailbox: &Mailbox) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut to = Vec::new();
    stream.write_all(b"220 localhost ESMTP demo\r\n").await?;
    while let Some(line) = read_line(&mut stream).await? {
        let command = String::from_utf8_lossy(&line).trim_end().to_owned();
        let verb = command.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let answer: &[u8] = match verb.as_str() {
            "EHLO" => b"250-localhost\r\n250 8BITMIME\r\n",
            "HELO" | "NOOP" => b"250 ok\r\n",
            "MAIL" | "RSET" => {
                to.clear();
                b"250 ok\r\n"
            }
            "RCPT" => {
                to.extend(
                    command.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(to, _)| to.to_owned()),
                );
                b"250 ok\r\n"
            }
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await?;
                match read_mail(&mut stream).await? {
                    Some(mail) => {
                        mailbox.deliver(letter(&mail, &to.join(", ")));
                        b"250 ok\r\n"
                    }
                    None => b"552 too long\r\n",
                }
            }
            "QUIT" => return stream.write_all(b"221 bye\r\n").await,
            _ => b"502 not here\r\n",
        };
        stream.write_all(answer).await?;
    }
    Ok(())
}

/// `None` at the end of the connection.
async fn read_line(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let mut limited = (&mut *stream).take(LONGEST_LINE);
    let reading = limited.read_until(b'\n', &mut line);
    let read = tokio::time::timeout(SILENCE, reading).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?;
    if read? > 0 && !line.ends_with(b"\n") {
        return Err(io::Error::from(io::ErrorKind::InvalidData));
    }
    Ok(Some(line).filter(|line| !line.is_empty()))
}

/// Everything up to the line with a dot alone; `None` when it is too long.
async fn read_mail(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Vec<u8>>> {
    let (mut mail, mut is_too_long) = (Vec::new(), false);
    while let Some(line) = read_line(stream).await? {
        if line == b".\r\n" {
            return Ok(Some(mail).filter(|_| !is_too_long));
        }
        if mail.len() + line.len() > LONGEST_MAIL {
            is_too_long = true;
        } else {
            mail.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        }
    }
    Err(io::Error::from(io::ErrorKind::UnexpectedEof))
}

fn letter(mail: &[u8], to: &str) -> Letter {
    let parsed = MessageParser::default().parse(mail);
    let subject = parsed.as_ref().and_then(|mail| mail.subject()).unwrap_or("(sans objet)").to_owned();
    let body = parsed.as_ref().and_then(|mail| mail.body_text(0)).unwrap_or_default().into_owned();
    Letter { medium: Medium::Mail, to: to.to_owned(), subject, body }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use octroi_idp::domain::time::{Clock, Timestamp};

    use super::*;
    use crate::listen::bind;

    #[tokio::test]
    async fn a_mail_lies_in_the_mailbox_when_the_server_has_said_so() {
        let mailbox = Mailbox::new(Clock::manual(Timestamp::from_seconds(0)), TimeZone::UTC);
        let bound = bind("mail server", 0).unwrap();
        let address = bound.addresses()[0];
        let (_stop, stopping) = watch::channel(false);
        tokio::spawn(serve(bound, mailbox.clone(), stopping));
        let mut stream = BufReader::new(TcpStream::connect(address).await.unwrap());
        let said = "EHLO x\r\nMAIL FROM:<a@ville.example>\r\nRCPT TO:<ines@ville.example>\r\nDATA\r\nSubject: \
                    =?utf-8?Q?=C3=89t=C3=A9?=\r\nContent-Type: text/plain; charset=utf-8\r\n\
                    Content-Transfer-Encoding: quoted-printable\r\n\r\n..Votre code=C2=A0:\r\n\r\n4821-9037\r\n.\r\nWHAT\r\nQUIT\r\n";
        stream.write_all(said.as_bytes()).await.unwrap();
        let mut answers = String::new();
        stream.read_to_string(&mut answers).await.unwrap();
        let codes: Vec<&str> = answers.lines().map(|line| &line[..3]).collect();
        assert_eq!(codes, ["220", "250", "250", "250", "250", "354", "250", "502", "221"]);
        let letters = mailbox.letters();
        assert_eq!((letters[0].to.as_str(), letters[0].subject.as_str()), ("ines@ville.example", "Été"));
        assert!(letters[0].body.contains(".Votre code\u{a0}:") && letters[0].body.contains("4821-9037"));
    }

    #[tokio::test]
    async fn what_is_no_mail_ends_the_conversation_and_leaves_nothing() {
        let mailbox = Mailbox::new(Clock::manual(Timestamp::from_seconds(0)), TimeZone::UTC);
        let bound = bind("mail server", 0).unwrap();
        let address = bound.addresses()[0];
        let (_stop, stopping) = watch::channel(false);
        tokio::spawn(serve(bound, mailbox.clone(), stopping));
        for said in ["x".repeat(100_000), "DATA\r\nSubject: cut".to_owned()] {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let _ = stream.write_all(said.as_bytes()).await;
            let _ = stream.shutdown().await;
            let mut rest = Vec::new();
            let _ = stream.read_to_end(&mut rest).await;
        }
        assert!(mailbox.letters().is_empty());
    }
}
