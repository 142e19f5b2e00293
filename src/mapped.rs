//! Mapped files that become shorter while they are read.
//!
//! Packs and their indexes are mapped into memory. Where somebody truncates one under a scan, the next look at what is
//! gone raises SIGBUS, which ends the process without a word of what was found. Reading in place of mapping would copy
//! every pack, and gix maps all the same; a child process would need the findings sent back, secrets among them. So the
//! signal is turned into an error: the handler puts a page of zeros where the file ended and counts; what reads on sees
//! damage, and the run names a gap whatever the zeros led to. Wayland compositors treat their clients' buffers so.
//!
//! Only on Linux. Elsewhere such a file ends the process by the signal, which no caller takes for a clean result.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Pages that were gone when they were read, since the program began.
static PAGES: AtomicUsize = AtomicUsize::new(0);

/// How many pages of mapped files were gone when they were read.
pub fn lost_pages() -> usize {
    PAGES.load(Ordering::Relaxed)
}

/// Turns reading beyond the end of a file that was truncated since it was mapped into reading zeros. For the whole
/// process: a program calls it once, at its beginning.
#[cfg(target_os = "linux")]
pub fn survive_truncation() {
    // SAFETY: the structure is plain data, the handler has the signature that SA_SIGINFO asks for, and it calls nothing
    // but `mmap` and `sigaction`, which take no lock and no memory of ours.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_bus_error as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        libc::sigemptyset(&mut action.sa_mask);
        PAGE.store(libc::sysconf(libc::_SC_PAGESIZE).max(4096) as usize, Ordering::Relaxed);
        libc::sigaction(libc::SIGBUS, &action, std::ptr::null_mut());
    }
}

/// Elsewhere nothing is changed.
#[cfg(not(target_os = "linux"))]
pub fn survive_truncation() {}

/// Bytes of a page.
#[cfg(target_os = "linux")]
static PAGE: AtomicUsize = AtomicUsize::new(4096);

#[cfg(target_os = "linux")]
extern "C" fn on_bus_error(_: libc::c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
    // SAFETY: the kernel hands a valid `info`. The page that is replaced belongs to a mapping of a file beyond the file's
    // end: nothing else raises BUS_ADRERR on Linux, where a stack that overflows raises SIGSEGV. It is replaced as a
    // whole, read-only as it was, so no reference sees anything but bytes, whose values nobody may rely on for a file
    // that others can write to.
    unsafe {
        if (*info).si_code == libc::BUS_ADRERR {
            let page = PAGE.load(Ordering::Relaxed);
            let start = (*info).si_addr() as usize & !(page - 1);
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED;
            if libc::mmap(start as *mut libc::c_void, page, libc::PROT_READ, flags, -1, 0) != libc::MAP_FAILED {
                PAGES.fetch_add(1, Ordering::Relaxed);
                return;
            }
        }
        // Something else: as if there were no handler.
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = libc::SIG_DFL;
        libc::sigaction(libc::SIGBUS, &action, std::ptr::null_mut());
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::Write;
    use std::os::fd::AsRawFd;

    #[test]
    fn a_page_that_is_gone_reads_as_zeros_and_is_counted() {
        super::survive_truncation();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&[7; 8192]).unwrap();
        // SAFETY: a fresh mapping that nothing else knows of.
        let map =
            unsafe { libc::mmap(std::ptr::null_mut(), 8192, libc::PROT_READ, libc::MAP_PRIVATE, file.as_raw_fd(), 0) };
        assert_ne!(map, libc::MAP_FAILED);
        let before = super::lost_pages();
        file.set_len(4096).unwrap();
        // SAFETY: both bytes lie within the mapping.
        let (kept, gone) = unsafe { (map.cast::<u8>().read_volatile(), map.cast::<u8>().add(5000).read_volatile()) };
        assert_eq!((kept, gone, super::lost_pages() - before), (7, 0, 1));
    }
}
