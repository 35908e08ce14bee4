//! Priority of the threads that make MP3s.

/// Niceness of such a thread: behind all that somebody waits for, which has none.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// Has the current thread wait for others, where the system lets it: on Linux each thread has a niceness of its own.
pub(super) fn lower() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{getpriority_process, setpriority_process};
        let lowered = getpriority_process(None).and_then(|own| match own {
            NICENESS.. => Ok(()),
            _ => setpriority_process(None, NICENESS),
        });
        if let Err(error) = lowered {
            tracing::warn!(%error, "an MP3 is made with the priority of all else");
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_thread_alone_is_nice() {
        let own = |_| rustix::process::getpriority_process(None).unwrap();
        let before = own(());
        let lowered = std::thread::spawn(move || {
            lower();
            own(())
        });
        assert_eq!(lowered.join().unwrap(), NICENESS.max(before));
        assert_eq!(own(()), before);
    }
}
