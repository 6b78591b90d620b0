//! Echo server on mio: an event loop by hand, edge-triggered.
//!
//! One read buffer for the loop; what the kernel refuses to take back is copied to the connection,
//! which is not read again until that is gone. std ignores SIGPIPE by itself; SIGTERM keeps its
//! default, which is to end.

use std::collections::HashMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::exit;
use std::time::Duration;

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Registry, Token};
use socket2::{Domain, Socket, Type};

const BACKLOG: i32 = 4096; // TcpListener::bind would ask for 1024
const EVENTS: usize = 512;
const READ_BUFFER: usize = 64 * 1024;
/// After so many reads it is the others' turn.
const READS_A_TURN: usize = 16;
/// Pause after a failed accept: out of descriptors, say.
const RETRY: Duration = Duration::from_millis(100);
const LISTENER: Token = Token(0);

/// Where a connection's turn has ended.
enum Turn {
    /// With the kernel: an event tells when there is more to do.
    Waits,
    /// With us: there may be more to read, of which no event will tell.
    Interrupted,
    Ended,
}

struct Connection {
    stream: TcpStream,
    /// What the kernel refused, and how much of it has been written since.
    unsent: Vec<u8>,
    written: usize,
}

impl Connection {
    /// Writes and reads until the kernel has no more to give or take.
    fn take_turn(&mut self, buffer: &mut [u8]) -> io::Result<Turn> {
        for _ in 0..READS_A_TURN {
            if !self.flush()? {
                return Ok(Turn::Waits);
            }
            match self.stream.read(buffer) {
                Ok(0) => return Ok(Turn::Ended),
                Ok(length) => self.send(&buffer[..length])?,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Turn::Waits),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Turn::Interrupted)
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let written = write_some(&mut self.stream, bytes)?;
        self.unsent.extend_from_slice(&bytes[written..]);
        Ok(())
    }

    /// Whether nothing is left to write.
    fn flush(&mut self) -> io::Result<bool> {
        if self.unsent.is_empty() {
            return Ok(true);
        }
        self.written += write_some(&mut self.stream, &self.unsent[self.written..])?;
        if self.written < self.unsent.len() {
            return Ok(false);
        }
        self.unsent = Vec::new();
        self.written = 0;
        Ok(true)
    }
}

/// How much the kernel took before it would block.
fn write_some(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<usize> {
    let mut written = 0;
    while written < bytes.len() {
        match stream.write(&bytes[written..]) {
            Ok(count) => written += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(written)
}

struct Server {
    listener: TcpListener,
    registry: Registry,
    connections: HashMap<Token, Connection>,
    last: Token,
    buffer: Vec<u8>,
}

impl Server {
    fn accept(&mut self) -> io::Result<()> {
        loop {
            match self.listener.accept() {
                Ok((stream, _)) => self.add(stream)?,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    fn add(&mut self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        self.last.0 += 1;
        let interests = Interest::READABLE | Interest::WRITABLE;
        self.registry.register(&mut stream, self.last, interests)?;
        let connection = Connection {
            stream,
            unsent: Vec::new(),
            written: 0,
        };
        self.connections.insert(self.last, connection);
        Ok(())
    }

    fn serve(&mut self, token: Token) {
        let connection = match self.connections.get_mut(&token) {
            Some(connection) => connection,
            None => return,
        };
        let goes_on = match connection.take_turn(&mut self.buffer) {
            Ok(Turn::Waits) => true,
            Ok(Turn::Interrupted) => {
                // Registering again brings an event if there is more.
                let interests = Interest::READABLE | Interest::WRITABLE;
                self.registry
                    .reregister(&mut connection.stream, token, interests)
                    .is_ok()
            }
            Ok(Turn::Ended) | Err(_) => false,
        };
        if !goes_on {
            self.connections.remove(&token); // closes it
        }
    }
}

fn listen(port: u16) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into())?;
    socket.listen(BACKLOG)?;
    Ok(TcpListener::from_std(socket.into()))
}

fn main() -> io::Result<()> {
    let port = std::env::args().nth(1).and_then(|port| port.parse().ok());
    let mut listener = listen(port.unwrap_or_else(|| {
        eprintln!("usage: echo PORT");
        exit(64)
    }))?;
    let mut poll = Poll::new()?;
    poll.registry()
        .register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut server = Server {
        listener,
        registry: poll.registry().try_clone()?,
        connections: HashMap::new(),
        last: LISTENER,
        buffer: vec![0; READ_BUFFER],
    };
    let mut events = Events::with_capacity(EVENTS);
    let mut accept_again = false;
    loop {
        match poll.poll(&mut events, accept_again.then_some(RETRY)) {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        for event in &events {
            match event.token() {
                LISTENER => accept_again = true,
                token => server.serve(token),
            }
        }
        if accept_again {
            accept_again = server.accept().is_err();
        }
    }
}
