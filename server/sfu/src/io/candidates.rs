//! ICE candidates of this machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use str0m::Candidate;
use str0m::net::{Protocol, TcpType};

/// Candidates for a socket bound to `local`, and for TCP at the port `tcp`.
pub(super) fn candidates(public: &[IpAddr], local: SocketAddr, tcp: Option<u16>) -> Vec<Candidate> {
    let addresses = match public {
        [] if local.ip().is_unspecified() => own_addresses(local.is_ipv6()),
        [] => vec![local.ip()],
        given => given.to_vec(),
    };
    let addresses: Vec<IpAddr> = addresses.into_iter().map(|ip| ip.to_canonical()).collect();
    let udp = addresses.iter().filter_map(|ip| {
        let address = SocketAddr::new(*ip, local.port());
        Candidate::host(address, Protocol::Udp).ok()
    });
    let tcp = addresses.iter().filter_map(|ip| {
        let address = SocketAddr::new(*ip, tcp?);
        // This side never connects (RFC 6544 §4.5).
        Candidate::builder().tcp().host(address).tcptype(TcpType::Passive).build().ok()
    });
    udp.chain(tcp).collect()
}

/// Addresses of the default routes, found by "connecting" a UDP socket, which sends nothing; and
/// loopback, last, since some clients try the first one alone. The destinations are documentation
/// addresses (RFC 5737, RFC 3849).
fn own_addresses(dual_stack: bool) -> Vec<IpAddr> {
    let route = |from: IpAddr, to: IpAddr| {
        let socket = std::net::UdpSocket::bind((from, 0)).ok()?;
        socket.connect((to, 9)).ok()?;
        Some(socket.local_addr().ok()?.ip())
    };
    let v4 = route(Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::new(192, 0, 2, 1).into());
    let v6 = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into();
    let v6 = dual_stack.then(|| route(Ipv6Addr::UNSPECIFIED.into(), v6)).flatten();
    let mut addresses = Vec::new();
    for found in [v4, v6, Some(Ipv4Addr::LOCALHOST.into())].into_iter().flatten() {
        if !addresses.contains(&found) {
            addresses.push(found);
        }
    }
    addresses
}
