//! What this host says of itself: files of `/proc` and `/sys`, a cloud's metadata, other programs' answers.
//!
//! For `portcullis doctor`. Nothing of that changes anything, and every question is answered at once or not at all. And the
//! one thing that a venue asks of its host: memory that stays.

use super::uring;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Where EC2 tells an instance about itself. Source: EC2 User Guide, "Use the Instance Metadata Service".
const EC2_METADATA: ([u8; 4], u16) = ([169, 254, 169, 254], 80);
const PATIENCE: Duration = Duration::from_millis(300);
/// More than any answer to what is asked here.
const ANSWER_BYTES_MAX: u64 = 16 * 1024;

/// All memory that this process has is touched, and stays.
///
/// # Errors
/// As the kernel says: there is not so much, or not for us.
pub fn lock_memory() -> std::io::Result<()> {
    Ok(rustix::mm::mlockall(rustix::mm::MlockAllFlags::CURRENT)?)
}

/// Whom to ask.
pub trait Facts {
    /// A small file, trimmed. `None`: there is none, or not for us.
    fn file(&self, path: &str) -> Option<String>;
    /// Names in a directory, sorted; none where there is no such directory.
    fn names(&self, directory: &str) -> Vec<String>;
    /// What the cloud says at this path below `/latest/meta-data/`. `None`: nothing there, or nobody answers.
    fn metadata(&self, path: &str) -> Option<String>;
    /// What a program prints. `None`: it is not there, or it failed.
    fn said(&self, program: &str, words: &[&str]) -> Option<String>;
    /// Whether io_uring may be used, and why not.
    fn io_uring(&self) -> Result<(), String>;
}

/// This host.
#[derive(Debug)]
pub struct ThisHost {
    metadata: SocketAddr,
}

impl Default for ThisHost {
    fn default() -> Self {
        Self { metadata: EC2_METADATA.into() }
    }
}

impl Facts for ThisHost {
    fn file(&self, path: &str) -> Option<String> {
        Some(std::fs::read_to_string(path).ok()?.trim().to_owned())
    }

    fn names(&self, directory: &str) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
        let name = |entry: std::fs::DirEntry| entry.file_name().into_string().ok();
        let mut names: Vec<_> = entries.filter_map(|entry| name(entry.ok()?)).collect();
        names.sort();
        names
    }

    fn metadata(&self, path: &str) -> Option<String> {
        let token =
            "PUT /latest/api/token HTTP/1.1\r\nX-aws-ec2-metadata-token-ttl-seconds: 60\r\n";
        let token = answer(self.metadata, token)?;
        let question = format!(
            "GET /latest/meta-data/{path} HTTP/1.1\r\nX-aws-ec2-metadata-token: {token}\r\n"
        );
        answer(self.metadata, &question)
    }

    fn said(&self, program: &str, words: &[&str]) -> Option<String> {
        let mut command = Command::new(program);
        let done = command.args(words).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
        done.status.success().then(|| String::from_utf8_lossy(&done.stdout).into_owned())
    }

    fn io_uring(&self) -> Result<(), String> {
        uring::probe().map_err(|error| error.to_string())
    }
}

/// The body of an answer with status 200.
fn answer(address: SocketAddr, request: &str) -> Option<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let whole =
        format!("{request}Host: {address}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    stream.write_all(whole.as_bytes()).ok()?;
    let mut text = String::new();
    stream.take(ANSWER_BYTES_MAX).read_to_string(&mut text).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split_whitespace().nth(1)?;
    (status == "200").then(|| body.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader};
    use std::net::TcpListener;

    /// Speaks IMDSv2: without the token nobody is told anything.
    fn metadata_service(requests: usize) -> (ThisHost, std::thread::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = ThisHost { metadata: listener.local_addr().unwrap() };
        let thread = std::thread::spawn(move || {
            let mut asked = Vec::new();
            for _ in 0..requests {
                let (mut stream, _) = listener.accept().unwrap();
                let lines = BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap);
                let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
                let has_token = head.iter().any(|line| line == "X-aws-ec2-metadata-token: secret");
                let body = match head[0].as_str() {
                    "PUT /latest/api/token HTTP/1.1" => Some("secret"),
                    "GET /latest/meta-data/placement/region HTTP/1.1" if has_token => {
                        Some("eu-central-1")
                    }
                    _ => None,
                };
                let status = if body.is_some() { "200 OK" } else { "404 Not Found" };
                let body = body.unwrap_or("<html>");
                write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
                    .unwrap();
                asked.push(head[0].clone());
            }
            asked
        });
        (host, thread)
    }

    #[test]
    fn a_cloud_is_asked_with_a_token_and_what_is_not_there_is_nothing() {
        let (host, thread) = metadata_service(4);
        assert_eq!(host.metadata("placement/region").as_deref(), Some("eu-central-1"));
        assert_eq!(host.metadata("placement/group-name"), None);
        assert_eq!(thread.join().unwrap().len(), 4);
        assert_eq!(host.metadata("placement/region"), None, "nobody is there any more");
    }

    #[test]
    fn this_host_has_files_and_names_and_no_such_program() {
        let host = ThisHost::default();
        assert!(host.file("/proc/sys/kernel/osrelease").is_some_and(|text| !text.ends_with('\n')));
        assert!(host.names("/sys/class/net").contains(&"lo".to_owned()));
        assert!(host.file("/nowhere").is_none() && host.names("/nowhere").is_empty());
        assert!(host.said("no-such-program", &[]).is_none());
    }
}
