//! The one UDP socket.

use std::io;
use std::net::SocketAddr;

use socket2::{Domain, Socket, Type};

/// Size of the socket's buffers, each way: a keyframe to a thousand subscribers, or a tenth of a
/// second of 100 publishers. The operating system may give less.
const SOCKET_BUFFER_BYTES: usize = 8 * 1024 * 1024;

/// Binds the socket.
pub(super) fn bind(address: SocketAddr) -> io::Result<std::net::UdpSocket> {
    let socket =
        Socket::new(Domain::for_address(address), Type::DGRAM, Some(socket2::Protocol::UDP))?;
    if address.is_ipv6() {
        // Where the system has no dual stack, IPv6 alone will do.
        let _ = socket.set_only_v6(false);
    }
    // Smaller buffers work, too, with less room for bursts.
    let _ = socket.set_recv_buffer_size(SOCKET_BUFFER_BYTES);
    let _ = socket.set_send_buffer_size(SOCKET_BUFFER_BYTES);
    for (setting, told) in [
        ("net.core.rmem_max", socket.recv_buffer_size()),
        ("net.core.wmem_max", socket.send_buffer_size()),
    ] {
        if let Some(bytes) = told.ok().and_then(granted_less) {
            tracing::warn!(
                setting,
                bytes,
                asked = SOCKET_BUFFER_BYTES,
                "the system gives the media socket less room than bursts need; `sysctl -w` raises it"
            );
        }
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}

/// Bytes of a buffer, by what the system tells, if they are fewer than were asked for. Linux tells
/// twice as many as it was asked for, since it keeps its own records there (socket(7)).
fn granted_less(told: usize) -> Option<usize> {
    let bytes = if cfg!(target_os = "linux") { told / 2 } else { told };
    (bytes < SOCKET_BUFFER_BYTES).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smaller_buffer_than_asked_for_is_noticed() {
        let told = |bytes: usize| if cfg!(target_os = "linux") { bytes * 2 } else { bytes };
        assert_eq!(granted_less(told(SOCKET_BUFFER_BYTES)), None);
        assert_eq!(granted_less(told(212_992)), Some(212_992));
        // What this system gives, whatever it is, is told.
        let socket = bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a socket");
        let size = Socket::from(socket).recv_buffer_size().expect("a size");
        assert_eq!(granted_less(size).is_some(), size < told(SOCKET_BUFFER_BYTES));
    }
}
