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
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}
