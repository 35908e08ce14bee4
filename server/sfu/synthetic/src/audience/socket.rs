//! Receiving of many datagrams by one call.

use std::io::IoSliceMut;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, MultiHeaders, recvmmsg, recvmsg, setsockopt, sockopt,
};

/// Datagrams read with one call: a frame, and some more.
const BATCH: usize = 16;

/// The longest datagram that is read whole.
const LONGEST: usize = 2_048;

/// Bytes a socket keeps until they are read: a second of video, and the burst a newcomer gets.
const SOCKET_BUFFER_BYTES: usize = 4 * 1024 * 1024;

/// Gives `socket` room for bursts, and lets it say when packets arrived.
pub(super) fn prepare(socket: &UdpSocket, timestamped: bool) -> nix::Result<()> {
    // Root may have more than the system's limit; anybody else gets up to that.
    if setsockopt(socket, sockopt::RcvBufForce, &SOCKET_BUFFER_BYTES).is_err() {
        setsockopt(socket, sockopt::RcvBuf, &SOCKET_BUFFER_BYTES)?;
    }
    if timestamped {
        setsockopt(socket, sockopt::ReceiveTimestampns, &true)?;
    }
    Ok(())
}

/// Buffers for reading.
pub(super) struct Reader {
    headers: MultiHeaders<()>,
    buffers: Vec<[u8; LONGEST]>,
    control: Vec<u8>,
}

impl Reader {
    pub(super) fn new() -> Self {
        Reader {
            headers: MultiHeaders::preallocate(BATCH, None),
            buffers: vec![[0; LONGEST]; BATCH],
            control: {
                let empty = nix::cmsg_space!(nix::sys::time::TimeSpec);
                vec![0; empty.capacity()]
            },
        }
    }

    /// Hands all waiting datagrams of `socket` to `take`.
    pub(super) fn read(&mut self, socket: &UdpSocket, mut take: impl FnMut(&[u8])) {
        loop {
            let mut lengths = [0; BATCH];
            let mut slices: Vec<[IoSliceMut<'_>; 1]> =
                self.buffers.iter_mut().map(|buffer| [IoSliceMut::new(buffer)]).collect();
            let received = recvmmsg(
                socket.as_raw_fd(),
                &mut self.headers,
                slices.iter_mut(),
                MsgFlags::MSG_DONTWAIT,
                None,
            );
            let count = match received {
                Ok(messages) => lengths.iter_mut().zip(messages).map(|(l, m)| *l = m.bytes).count(),
                // An ICMP answer to something sent earlier: there may be more behind it.
                Err(Errno::ECONNREFUSED | Errno::EINTR) => continue,
                Err(_) => 0,
            };
            for (buffer, length) in self.buffers.iter().zip(&lengths[..count]) {
                take(&buffer[..*length]);
            }
            if count < BATCH {
                return;
            }
        }
    }

    /// The same, with the time since the epoch at which each arrived.
    pub(super) fn read_timestamped(
        &mut self,
        socket: &UdpSocket,
        mut take: impl FnMut(&[u8], Option<Duration>),
    ) {
        let Some(buffer) = self.buffers.first_mut() else {
            return;
        };
        loop {
            let mut slices = [IoSliceMut::new(buffer)];
            let control = Some(self.control.as_mut_slice());
            let message =
                recvmsg::<()>(socket.as_raw_fd(), &mut slices, control, MsgFlags::MSG_DONTWAIT);
            let (length, arrived) = match message {
                Ok(message) => {
                    let arrived = message.cmsgs().ok().and_then(|mut controls| {
                        controls.find_map(|control| match control {
                            ControlMessageOwned::ScmTimestampns(at) => Some(Duration::from(at)),
                            _ => None,
                        })
                    });
                    (message.bytes, arrived)
                }
                Err(Errno::ECONNREFUSED | Errno::EINTR) => continue,
                Err(_) => return,
            };
            take(&buffer[..length], arrived);
        }
    }
}
