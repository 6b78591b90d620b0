//! Echo server on tokio: a task a connection, on the current-thread runtime.
//!
//! A task reads again only when everything before has been written, so a client that doesn't read
//! costs one buffer. std ignores SIGPIPE by itself; SIGTERM keeps its default, which is to end.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::exit;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

const BACKLOG: u32 = 4096;
/// A connection has one: as large as that of `tokio::io::copy`.
const READ_BUFFER: usize = 8 * 1024;
/// Pause after a failed accept: out of descriptors, say.
const RETRY: Duration = Duration::from_millis(100);

/// Until the client has ended its side; dropping the stream then ends ours.
async fn echo(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = vec![0; READ_BUFFER];
    loop {
        let length = stream.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..length]).await?;
    }
}

fn listen(port: u16) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    socket.listen(BACKLOG)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let port = std::env::args().nth(1).and_then(|port| port.parse().ok());
    let listener = listen(port.unwrap_or_else(|| {
        eprintln!("usage: echo PORT");
        exit(64)
    }))?;
    loop {
        match listener.accept().await {
            // An error, such as a reset, is the end of this connection only.
            Ok((stream, _)) => drop(tokio::spawn(echo(stream))),
            Err(_) => tokio::time::sleep(RETRY).await,
        }
    }
}
