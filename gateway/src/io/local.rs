//! A Unix socket in a directory of ours: for the operator of this host, and nobody who may not open it.

use std::fs::{self, File, Permissions};
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Longest line of either side.
pub const LINE_BYTES_MAX: usize = 1024;

/// Waits for lines; whoever may not write to the file cannot come.
pub struct LocalListener(UnixListener);

impl LocalListener {
    /// A socket at `path`, for its owner alone. One that a killed process left is taken away first: the caller has
    /// the directory for itself.
    ///
    /// # Errors
    /// What the kernel said.
    pub fn open(path: &Path) -> io::Result<Self> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let (_folder, short) = short(path)?;
        let listener = UnixListener::bind(short)?;
        fs::set_permissions(path, Permissions::from_mode(0o600))?;
        listener.set_nonblocking(true)?;
        Ok(Self(listener))
    }

    /// Whoever has come. `None`: nobody, or he has gone again.
    pub fn accept(&self, timeout: Duration) -> Option<LocalStream> {
        let (stream, _) = self.0.accept().ok()?;
        stream.set_nonblocking(false).ok()?;
        LocalStream::new(stream, timeout).ok()
    }
}

/// The same place by a path that the kernel takes for a socket, of at most 107 bytes; good while the folder is open.
fn short(path: &Path) -> io::Result<(File, PathBuf)> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let folder = File::open(parent.unwrap_or(Path::new(".")))?;
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let short = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd())).join(name);
    Ok((folder, short))
}

/// One side of a conversation in lines.
pub struct LocalStream(UnixStream);

impl LocalStream {
    fn new(stream: UnixStream, timeout: Duration) -> io::Result<Self> {
        stream.set_read_timeout(Some(timeout))?;
        stream.set_write_timeout(Some(timeout))?;
        Ok(Self(stream))
    }

    /// To the socket at `path`; so long at most waits each line.
    ///
    /// # Errors
    /// What the kernel said.
    pub fn connect(path: &Path, timeout: Duration) -> io::Result<Self> {
        let (_folder, short) = short(path)?;
        Self::new(UnixStream::connect(short)?, timeout)
    }

    /// The next line, without its end.
    ///
    /// # Errors
    /// What the kernel said; `InvalidData`: it is longer than [`LINE_BYTES_MAX`], or no text.
    pub fn read_line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        let mut byte = [0];
        while self.0.read(&mut byte)? == 1 && byte != *b"\n" {
            line.extend(byte);
            if line.len() > LINE_BYTES_MAX {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a line without an end"));
            }
        }
        String::from_utf8(line)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "a line that is no text"))
    }

    /// Sends a line.
    ///
    /// # Errors
    /// What the kernel said.
    pub fn write_line(&mut self, line: &str) -> io::Result<()> {
        self.0.write_all(format!("{line}\n").as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_go_both_ways_however_long_the_path() {
        let folder = std::env::temp_dir().join(format!("portcullis-{}", std::process::id()));
        let folder = folder.join("x".repeat(200));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("a.sock");
        for life in 0..2 {
            let listener = LocalListener::open(&path).unwrap();
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
            let second = Duration::from_secs(5);
            let mut client = LocalStream::connect(&path, second).unwrap();
            client.write_line(&format!("life {life}")).unwrap();
            let mut server = listener.accept(second).unwrap();
            assert_eq!(server.read_line().unwrap(), format!("life {life}"));
            server.write_line("fine").unwrap();
            assert_eq!(client.read_line().unwrap(), "fine");
            client.write_line(&"x".repeat(LINE_BYTES_MAX + 1)).unwrap();
            let error = server.read_line().unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
            assert!(listener.accept(second).is_none(), "nobody else");
        }
        fs::remove_dir_all(folder.parent().unwrap()).unwrap();
    }
}
