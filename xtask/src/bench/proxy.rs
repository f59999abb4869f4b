//! A TCP proxy on loopback that counts the bytes both ways, whatever is spoken through it.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

/// A running proxy; it ends with the process.
pub(super) struct Proxy {
    /// Where to connect instead.
    pub(super) address: SocketAddr,
    up: Arc<AtomicU64>,
    down: Arc<AtomicU64>,
}

impl Proxy {
    /// Stands before `target`.
    pub(super) fn before(target: &str) -> anyhow::Result<Self> {
        let target: SocketAddr = target.parse()?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let [up, down] = [(); 2].map(|()| Arc::new(AtomicU64::new(0)));
        let counted = (up.clone(), down.clone());
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                // a target that went is a closed connection, as without a proxy
                let _ = join(client, target, counted.clone());
            }
        });
        Ok(Self { address, up, down })
    }

    /// Bytes so far, both ways together.
    pub(super) fn bytes(&self) -> u64 {
        self.up() + self.down.load(Ordering::Relaxed)
    }

    /// Bytes so far that went to the target.
    pub(super) fn up(&self) -> u64 {
        self.up.load(Ordering::Relaxed)
    }
}

fn join(client: TcpStream, target: SocketAddr, (up, down): (Arc<AtomicU64>, Arc<AtomicU64>)) -> std::io::Result<()> {
    let server = TcpStream::connect(target)?;
    for stream in [&client, &server] {
        stream.set_nodelay(true)?;
    }
    pass(client.try_clone()?, server.try_clone()?, up);
    pass(server, client, down);
    Ok(())
}

fn pass(mut from: TcpStream, mut to: TcpStream, bytes: Arc<AtomicU64>) {
    thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            bytes.fetch_add(read as u64, Ordering::Relaxed);
            if to.write_all(&buffer[..read]).is_err() {
                break;
            }
        }
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    });
}
