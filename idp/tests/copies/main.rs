//! `octroi backup` and `octroi restore` as administrators meet them: the real binary on a real installation in a temporary
//! directory, beside a real server; what is printed, the exit code, and which files are there afterwards.

#![cfg(test)]

mod backup;
mod restore;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

const OCTROI: &str = env!("CARGO_BIN_EXE_octroi");

/// What `octroi init` made, with one administrator who waits for the first login.
struct Installation {
    folder: TempDir,
}

/// What a command did.
struct Outcome {
    code: i32,
    out: String,
    err: String,
}

impl Outcome {
    /// What was printed, if all went well.
    #[track_caller]
    fn done(self) -> String {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self.out
    }

    /// What was said on standard error, if the command failed with `code`.
    #[track_caller]
    fn failed(self, code: i32) -> String {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        assert!(self.err.starts_with("octroi: "), "{}", self.err);
        self.err
    }
}

impl Installation {
    fn new() -> Self {
        let installation = Self { folder: tempfile::tempdir().unwrap() };
        let names = ["--admin-given-name", "Claire", "--admin-family-name", "Fontanel"];
        let mut init = Command::new(OCTROI);
        init.arg("init").arg(installation.folder.path()).args(["--admin", "100009"]).args(names);
        run(init.args(["--admin-email", "claire.fontanel@ville.example"])).done();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        installation.configure(&[("127.0.0.1:8080", &format!("127.0.0.1:{port}"))]);
        installation
    }

    fn configure(&self, changes: &[(&str, &str)]) {
        let file = self.path("octroi.toml");
        let mut text = fs::read_to_string(&file).unwrap();
        for (from, to) in changes {
            assert!(text.contains(from), "{from} is in the configuration");
            text = text.replace(from, to);
        }
        fs::write(&file, text).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(OCTROI);
        command.args(words).env("OCTROI_CONFIG", self.path("octroi.toml")).current_dir(self.folder.path());
        command.stdin(Stdio::null());
        command
    }

    /// Runs `octroi` in the installation's directory, where nobody can answer a question.
    fn run(&self, words: &[&str]) -> Outcome {
        run(&mut self.command(words))
    }

    /// The names of all files, but for those that come and go with connections.
    fn files(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| !["-wal", "-shm", ".lock"].iter().any(|end| name.ends_with(end)))
            .collect();
        names.sort();
        names
    }

    /// The one file that was kept by a restore.
    fn kept(&self) -> PathBuf {
        let kept: Vec<_> = self.files().into_iter().filter(|name| name.contains("before-restore")).collect();
        assert_eq!(kept.len(), 1, "{kept:?}");
        self.path(&kept[0])
    }

    fn server(&self) -> Server {
        let mut child = self.command(&["serve"]).stderr(Stdio::piped()).spawn().unwrap();
        let mut log = String::new();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        while lines.read_line(&mut log).unwrap() > 0 && !log.contains("ready") {}
        assert!(log.contains("ready"), "{log}");
        Server { child, lines }
    }
}

/// A server that is stopped at the end.
struct Server {
    child: Child,
    /// Held open: a server that cannot log is another test.
    lines: BufReader<std::process::ChildStderr>,
}

impl Server {
    /// SIGTERM, and waits for the end.
    fn stop(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        while self.lines.read_line(&mut String::new()).unwrap() > 0 {}
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // After `stop` there is nothing left to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run(command: &mut Command) -> Outcome {
    let output = command.output().unwrap();
    Outcome {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}
