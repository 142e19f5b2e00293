//! Reads one file into a buffer that is used again for the next.

use std::fs::OpenOptions;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Mutex;

/// What reading a file came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome<'b> {
    /// The content.
    Content(&'b [u8]),
    /// It has so many bytes at least, more than wanted.
    TooLarge(u64),
    /// It became something else than a file since its folder was listed: a link, a FIFO.
    NotAFile,
    /// It was deleted since.
    Gone,
}

/// A buffer above this size is given back after use, and only one thread at a time may hold one, in bytes.
const LARGE: u64 = 64 << 20;
/// What a buffer has at first.
const SMALL: usize = 64 << 10;
/// Content begins at a multiple of so many bytes: measured, Linux copies twice as fast to there as to where the allocator's
/// blocks begin.
const ALIGNMENT: usize = 64;

/// One thread's buffer.
pub(super) struct Buffer<'t> {
    bytes: Vec<u8>,
    /// Where content begins in `bytes`.
    start: usize,
    large: &'t Mutex<()>,
}

impl<'t> Buffer<'t> {
    /// `large` is shared by all threads: who holds it may read a large file.
    pub(super) fn new(large: &'t Mutex<()>) -> Self {
        let (bytes, start) = allocate(SMALL);
        Self { bytes, start, large }
    }

    /// Reads `path` up to `limit` bytes and hands the outcome to `then`. A symbolic link is followed only if the user
    /// named it.
    pub(super) fn read<T>(
        &mut self,
        path: &Path,
        follow: bool,
        limit: u64,
        then: impl FnOnce(Outcome<'_>) -> T,
    ) -> io::Result<T> {
        let mut options = OpenOptions::new();
        options.read(true);
        #[cfg(unix)]
        {
            // A FIFO that took the file's place must not hang us, a link must not lead away.
            let no_follow = if follow { 0 } else { libc::O_NOFOLLOW };
            std::os::unix::fs::OpenOptionsExt::custom_flags(
                &mut options,
                libc::O_NONBLOCK | libc::O_NOCTTY | no_follow,
            );
        }
        let mut file = match options.open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(then(Outcome::Gone)),
            #[cfg(unix)]
            Err(error) if matches!(error.raw_os_error(), Some(libc::ELOOP | libc::ENXIO)) => {
                return Ok(then(Outcome::NotAFile));
            }
            Err(error) => return Err(error),
        };
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Ok(then(Outcome::NotAFile));
        }
        if metadata.len() > limit {
            return Ok(then(Outcome::TooLarge(metadata.len())));
        }
        let _turn = (metadata.len() > LARGE).then(|| self.large.lock().unwrap_or_else(|broken| broken.into_inner()));
        let length = self.fill(&mut file, metadata.len(), limit)?;
        let outcome = match length {
            Some(length) => then(Outcome::Content(&self.room()[..length])),
            None => then(Outcome::TooLarge(limit + 1)),
        };
        if self.bytes.len() as u64 > LARGE {
            (self.bytes, self.start) = allocate(SMALL);
        }
        Ok(outcome)
    }

    /// Reads all there is, `None` if that is more than `limit`: a file may grow, and those in /proc have no size.
    fn fill(&mut self, file: &mut impl Read, expected: u64, limit: u64) -> io::Result<Option<usize>> {
        // One byte more than expected, so that the end is seen without growing.
        self.reserve(usize::try_from(expected).unwrap_or(usize::MAX).saturating_add(1), 0);
        let mut length = 0;
        loop {
            if length as u64 > limit {
                return Ok(None);
            }
            if length == self.room().len() {
                self.reserve(length * 2, length);
            }
            match file.read(&mut self.room()[length..]) {
                Ok(0) => return Ok(Some(length)),
                Ok(count) => {
                    length += count;
                    // A read that had room for more and ended where the file does has seen its end.
                    if length as u64 == expected && length < self.room().len() {
                        return Ok(Some(length));
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn room(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..]
    }

    /// Makes room for `size` bytes, of which the first `kept` stay.
    fn reserve(&mut self, size: usize, kept: usize) {
        if self.room().len() < size {
            // Files come in any order: a buffer that grew by little for each would be made anew often.
            let (mut bytes, start) = allocate(size.max(2 * self.room().len()).next_multiple_of(SMALL));
            bytes[start..start + kept].copy_from_slice(&self.room()[..kept]);
            (self.bytes, self.start) = (bytes, start);
        }
    }
}

/// Room for `size` bytes, and where they begin.
fn allocate(size: usize) -> (Vec<u8>, usize) {
    let bytes = vec![0; size + ALIGNMENT];
    let start = bytes.as_ptr().align_offset(ALIGNMENT).min(ALIGNMENT);
    (bytes, start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_that_grows_is_read_to_its_end_or_to_the_limit() {
        let large = Mutex::new(());
        let mut buffer = Buffer::new(&large);
        let content: Vec<u8> = (0..300_000u32).map(|n| n as u8).collect();
        let length = buffer.fill(&mut content.as_slice(), 10, 1 << 20).unwrap();
        assert_eq!(length, Some(content.len()));
        assert_eq!(buffer.room()[..content.len()], content);
        assert_eq!(buffer.room().as_ptr().align_offset(ALIGNMENT), 0, "it grew, and is where it is fast to read to");
        assert_eq!(buffer.fill(&mut content.as_slice(), 10, 299_999).unwrap(), None);
        assert_eq!(buffer.fill(&mut content.as_slice(), 10, 300_000).unwrap(), Some(300_000));
    }
}
