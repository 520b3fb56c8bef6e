//! Writes of files on the ring: one at a time, each on the device when its completion comes.
//!
//! The kernel reads the buffer until then, so the transport owns it, and the open file, meanwhile.

use std::io;
use std::os::fd::AsRawFd;

use io_uring::opcode;
use io_uring::types::Fd;

use super::super::disk::{DiskWrite, DiskWritten};
use super::super::file::RealFile;
use super::{Operation, UringTransport};

/// The write of a transport, wherever it is.
#[derive(Default)]
pub(super) struct FileWrite {
    /// Handed over; leaves when the queue has room.
    queued: Option<DiskWrite<RealFile>>,
    /// In the kernel.
    under_way: Option<DiskWrite<RealFile>>,
    /// Ended and not yet taken.
    written: Option<DiskWritten>,
}

impl FileWrite {
    pub(super) fn submit(&mut self, write: DiskWrite<RealFile>) {
        let idle = self.queued.is_none() && self.under_way.is_none() && self.written.is_none();
        assert!(idle, "one write is under way at a time");
        self.queued = Some(write);
    }

    pub(super) fn has_written(&self) -> bool {
        self.written.is_some()
    }

    pub(super) fn take(&mut self) -> Option<DiskWritten> {
        self.written.take()
    }
}

impl UringTransport {
    /// Queues the write that was handed over, if there is one.
    pub(super) fn start_file_write(&mut self) {
        let Some(write) = self.file_write.queued.take() else { return };
        let fd = Fd(write.file.file.as_raw_fd());
        let entry = opcode::Write::new(fd, write.buffer.as_ptr(), write.bytes as u32)
            .offset(write.offset)
            .rw_flags(libc::RWF_DSYNC)
            .build()
            .user_data(Operation::Write.user_data(0, 0));
        // It has its place before the kernel can see it; the memory itself does not move.
        self.file_write.under_way = Some(write);
        if !self.push(entry) {
            self.file_write.queued = self.file_write.under_way.take();
        }
    }

    pub(super) fn on_file_written(&mut self, result: i32) {
        let write = self.file_write.under_way.take().expect("its completion comes once");
        let result = match usize::try_from(result) {
            Err(_) => Err(io::Error::from_raw_os_error(-result)),
            // Segments have all their blocks: nothing but a failing device takes less than it is given.
            Ok(bytes) if bytes < write.bytes => Err(io::ErrorKind::WriteZero.into()),
            Ok(_) => Ok(()),
        };
        self.file_write.written = Some(DiskWritten { buffer: write.buffer, result });
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::disk::{Access, Blocks, Disk};
    use super::super::super::file::RealDisk;
    use super::super::super::transport::{StreamTransport, TransportLimits};
    use super::*;
    use std::time::{Duration, Instant};

    #[test]
    fn a_transport_that_ends_waits_for_its_write() {
        if super::super::probe().is_err() {
            eprintln!("SKIPPED: io_uring is not available here");
            return;
        }
        let path = std::env::temp_dir().join(format!("ring-end-{}", std::process::id()));
        RealDisk.create_written(&path, 1 << 20).unwrap();
        let file = RealDisk.open(&path, Access::WriteDirect).unwrap();
        let mut transport = UringTransport::new(TransportLimits::default()).unwrap();
        let mut buffer = Blocks::zeroed(1 << 20);
        buffer.fill(1);
        transport.submit_write(DiskWrite { file, offset: 0, bytes: 1 << 20, buffer });
        transport.flush();
        drop(transport);
        // Whatever of it came in time is there now, and nothing comes later.
        let then = std::fs::read(&path).unwrap();
        assert!(then.chunks(4096).all(|block| block == [0; 4096] || block == [1; 4096]));
        std::thread::sleep(Duration::from_millis(50));
        assert!(then == std::fs::read(&path).unwrap());
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_write_that_fails_says_so() {
        if super::super::probe().is_err() {
            eprintln!("SKIPPED: io_uring is not available here");
            return;
        }
        let path = std::env::temp_dir().join(format!("ring-fail-{}", std::process::id()));
        RealDisk.create(&path, 4096).unwrap();
        let file = RealDisk.open(&path, Access::Read).unwrap();
        let mut transport = UringTransport::new(TransportLimits::default()).unwrap();
        let buffer = Blocks::zeroed(4096);
        transport.submit_write(DiskWrite { file, offset: 0, bytes: 4096, buffer });
        let written = loop {
            transport.wait(Duration::from_secs(5));
            if let Some(written) = transport.take_written() {
                break written;
            }
        };
        assert_eq!(written.result.unwrap_err().raw_os_error(), Some(libc::EBADF));
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn writes_reach_the_file_and_their_end_ends_a_wait() {
        if super::super::probe().is_err() {
            eprintln!("SKIPPED: io_uring is not available here");
            return;
        }
        let path = std::env::temp_dir().join(format!("ring-write-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        RealDisk.create_written(&path, 1 << 20).unwrap();
        let file = RealDisk.open(&path, Access::WriteDirect).unwrap();
        let mut transport = UringTransport::new(TransportLimits::default()).unwrap();
        let mut buffer = Blocks::zeroed(8192);
        for n in 0..100u64 {
            buffer.fill(n as u8 + 1);
            let offset = n * 8192;
            transport.submit_write(DiskWrite { file: file.clone(), offset, bytes: 8192, buffer });
            let begun = Instant::now();
            let written = loop {
                transport.wait(Duration::from_secs(5));
                if let Some(written) = transport.take_written() {
                    break written;
                }
                transport.flush();
            };
            assert!(written.result.is_ok() && begun.elapsed() < Duration::from_secs(4));
            buffer = written.buffer;
        }
        let bytes = std::fs::read(&path).unwrap();
        assert!((0..100).all(|n| bytes[n * 8192..][..8192].iter().all(|b| *b == n as u8 + 1)));
        std::fs::remove_file(&path).unwrap();
    }
}
