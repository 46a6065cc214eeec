//! A TCP connection as ureq reads and writes it; and a tunnel inside another connection.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
};

use ureq::{
    Error,
    unversioned::transport::{Buffers, LazyBuffers, NextTimeout, Transport},
};

use crate::http::RECEIVED_AT_ONCE;

/// A record of TLS with all that belongs to it, so that it is sent at once.
const OUTPUT: usize = 17 << 10;

#[derive(Debug)]
pub(super) struct Tcp {
    stream: TcpStream,
    buffers: LazyBuffers,
}

impl Tcp {
    pub(super) fn new(stream: TcpStream) -> Tcp {
        Tcp { stream, buffers: LazyBuffers::new(RECEIVED_AT_ONCE, OUTPUT) }
    }
}

impl Transport for Tcp {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let timeout = limited(timeout.for_write())?;
        self.stream.set_write_timeout(timeout.not_zero().map(|t| *t))?;
        let bytes = &self.buffers.output()[..amount];
        self.stream.write_all(bytes).map_err(|error| explained(error, timeout))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let timeout = limited(timeout.for_read())?;
        self.stream.set_read_timeout(timeout.not_zero().map(|t| *t))?;
        let space = self.buffers.input_append_buf();
        let amount = loop {
            match self.stream.read(space) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other.map_err(|error| explained(error, timeout))?,
            }
        };
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    /// A connection at rest has nothing to read; bytes that nobody asked for, or the end, make it useless.
    fn is_open(&mut self) -> bool {
        let silent = |stream: &mut TcpStream| -> io::Result<bool> {
            stream.set_nonblocking(true)?;
            let read = stream.read(&mut [0]);
            stream.set_nonblocking(false)?;
            Ok(read.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock))
        };
        silent(&mut self.stream).unwrap_or(false)
    }
}

fn limited(timeout: NextTimeout) -> Result<NextTimeout, Error> {
    if timeout.after.is_zero() { Err(Error::Timeout(timeout.reason)) } else { Ok(timeout) }
}

/// Unix reports a time-out as `WouldBlock`, Windows as `TimedOut`.
fn explained(error: io::Error, timeout: NextTimeout) -> Error {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Error::Timeout(timeout.reason),
        _ => Error::Io(error),
    }
}

/// A connection through a proxy to which there is TLS; there is none to the host yet.
#[derive(Debug)]
pub(super) struct Tunnel(pub(super) Box<dyn Transport>);

impl Transport for Tunnel {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.0.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.0.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.0.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.0.is_open()
    }
}
