//! Other ways into the world than the plain proxy: one that is reached over TLS, and one that speaks SOCKS 5.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
};

use rustls::{ServerConnection, StreamOwned};

use super::{
    server::{serve_connect, serve_host},
    services::Services,
    shared::Shared,
};

/// The name under which both are reached.
pub const NAME: &str = "localhost";

/// TLS in the name of the proxy, and CONNECT inside it.
pub fn serve_secure_proxy(shared: &Shared, mut socket: TcpStream) -> io::Result<()> {
    let mut tls = ServerConnection::new(shared.authority.config_for(NAME)).map_err(io::Error::other)?;
    while tls.is_handshaking() {
        tls.complete_io(&mut socket)?;
    }
    serve_connect(shared, StreamOwned::new(tls, socket))
}

/// SOCKS 5 (RFC 1928) with the login of the gate, if it has one (RFC 1929).
pub fn serve_socks(shared: &Shared, mut socket: TcpStream) -> io::Result<()> {
    let [_, count] = read(&mut socket)?;
    let mut methods = vec![0; count.into()];
    socket.read_exact(&mut methods)?;
    let login = shared.gate().login.clone();
    let wanted = if login.is_some() { 2 } else { 0 };
    if !methods.contains(&wanted) {
        return socket.write_all(&[5, 0xff]);
    }
    socket.write_all(&[5, wanted])?;
    if let Some((user, password)) = login {
        let [_version] = read(&mut socket)?;
        let proved = (text(&mut socket)?, text(&mut socket)?) == (user, password);
        socket.write_all(&[1, u8::from(!proved)])?;
        if !proved {
            return Ok(());
        }
    }
    let [_, _, _, kind] = read(&mut socket)?;
    assert_eq!(kind, 3, "the proxy resolves names");
    let host = text(&mut socket)?;
    let [_, _] = read(&mut socket)?;
    let answer = match () {
        () if !shared.gate().allows(&host) => 2,
        () if !Services::serves(&host) => 4,
        () => 0,
    };
    socket.write_all(&[5, answer, 0, 1, 0, 0, 0, 0, 0, 0])?;
    if answer == 0 { serve_host(shared, socket, &host) } else { Ok(()) }
}

fn read<const N: usize>(socket: &mut TcpStream) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    socket.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// A text after its length in one byte.
fn text(socket: &mut TcpStream) -> io::Result<String> {
    let [length] = read(socket)?;
    let mut bytes = vec![0; length.into()];
    socket.read_exact(&mut bytes)?;
    String::from_utf8(bytes).map_err(|_| io::ErrorKind::InvalidData.into())
}
