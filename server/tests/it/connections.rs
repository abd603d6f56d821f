//! A connection costs something even when nothing comes over it.

use crate::harness::Edge;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

const HEALTHY: &[u8] = b"GET /api/v1/sales HTTP/1.1\r\nhost: sluice.test\r\n\r\n";

fn connects(edge: &Edge) -> TcpStream {
    let authority = edge.url.strip_prefix("http://").unwrap();
    let stream = TcpStream::connect(authority).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    stream
}

/// What comes before the other side ends the connection, or falls silent for so long.
fn hears(stream: &mut TcpStream, patience: Duration) -> Result<Vec<u8>, ErrorKind> {
    stream.set_read_timeout(Some(patience)).unwrap();
    let mut heard = [0; 1024];
    match stream.read(&mut heard) {
        Ok(length) => Ok(heard[..length].to_vec()),
        Err(error) if error.kind() == ErrorKind::ConnectionReset => Ok(Vec::new()),
        Err(error) => Err(error.kind()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_head_is_not_waited_for() {
    let edge = Edge::start_with(vec![("SLUICE_SERVER__IDLE_MS", "300".into())]).await;
    let mut slow = connects(&edge);
    slow.write_all(b"GET / HTTP/1.1\r\nhost: sl").unwrap();
    let mut silent = connects(&edge);
    let mut idle = connects(&edge);
    idle.write_all(HEALTHY).unwrap();
    let patience = Duration::from_secs(20);
    assert!(
        hears(&mut idle, patience)
            .unwrap()
            .starts_with(b"HTTP/1.1 200")
    );
    // All three are closed. A head that stopped half way may be told so first.
    for stream in [&mut slow, &mut silent, &mut idle] {
        while !hears(stream, patience).unwrap().is_empty() {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_under_way_is_not_idle() {
    let edge = Edge::start_with(vec![("SLUICE_SERVER__IDLE_MS", "100".into())]).await;
    let mut slow = connects(&edge);
    slow.write_all(
        b"POST /api/v1/sales/none/tickets HTTP/1.1\r\nhost: sluice.test\r\n\
          content-type: application/json\r\ncontent-length: 2\r\n\r\n",
    )
    .unwrap();
    // Several looks for idle connections.
    assert_eq!(
        hears(&mut slow, Duration::from_millis(500)),
        Err(ErrorKind::WouldBlock)
    );
    slow.write_all(b"{}").unwrap();
    let answer = hears(&mut slow, Duration::from_secs(20)).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 4"), "{answer:?}");
    while !hears(&mut slow, Duration::from_secs(20))
        .unwrap()
        .is_empty()
    {}
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_finds_no_room_waits_for_it() {
    let edge = Edge::start_with(vec![("SLUICE_SERVER__CONNECTIONS_MAX", "2".into())]).await;
    let mut held: Vec<TcpStream> = (0..2).map(|_| connects(&edge)).collect();
    for stream in &mut held {
        stream.write_all(HEALTHY).unwrap();
        assert!(!hears(stream, Duration::from_secs(20)).unwrap().is_empty());
    }
    let mut third = connects(&edge);
    third.write_all(HEALTHY).unwrap();
    let silence = hears(&mut third, Duration::from_millis(300));
    assert!(
        matches!(silence, Err(ErrorKind::WouldBlock | ErrorKind::TimedOut)),
        "{silence:?}"
    );
    held.pop();
    let heard = hears(&mut third, Duration::from_secs(20)).unwrap();
    assert!(heard.starts_with(b"HTTP/1.1 200"));
}

/// From one of the loopback addresses of Linux: `127.x.y.z` all lead here.
async fn connects_from(edge: &Edge, address: &str) -> TcpStream {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket
        .bind(format!("{address}:0").parse().unwrap())
        .unwrap();
    let authority = edge.url.strip_prefix("http://").unwrap();
    let stream = socket.connect(authority.parse().unwrap()).await.unwrap();
    let stream = stream.into_std().unwrap();
    stream.set_nonblocking(false).unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn one_network_does_not_get_all_connections() {
    let edge = Edge::start_with(vec![
        ("SLUICE_SERVER__CONNECTIONS_PER_NETWORK", "2".into()),
        ("SLUICE_GATE__NETWORK__OWN", "[]".into()),
    ])
    .await;
    let patience = Duration::from_secs(20);
    let mut held = Vec::new();
    for address in ["127.7.7.1", "127.7.7.2"] {
        let mut stream = connects_from(&edge, address).await;
        stream.write_all(HEALTHY).unwrap();
        assert!(
            hears(&mut stream, patience)
                .unwrap()
                .starts_with(b"HTTP/1.1 200")
        );
        held.push(stream);
    }
    let mut third = connects_from(&edge, "127.7.7.3").await;
    let heard = String::from_utf8(hears(&mut third, patience).unwrap()).unwrap();
    let (head, body) = heard.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 429 "), "{heard}");
    assert!(
        head.contains(&format!("content-length: {}", body.len())),
        "{heard}"
    );
    let problem: protocol::Problem = serde_json::from_str(body).unwrap();
    assert!(problem.is(protocol::ProblemKind::RateLimited));
    assert!(hears(&mut third, patience).unwrap().is_empty());

    let mut elsewhere = connects_from(&edge, "127.7.8.1").await;
    elsewhere.write_all(HEALTHY).unwrap();
    assert!(
        hears(&mut elsewhere, patience)
            .unwrap()
            .starts_with(b"HTTP/1.1 200")
    );
    // A place that was given up is there for the next.
    held.pop();
    edge.until("a place in the network", async || {
        let mut again = connects_from(&edge, "127.7.7.4").await;
        again.write_all(HEALTHY).ok()?;
        let heard = hears(&mut again, patience).ok()?;
        heard.starts_with(b"HTTP/1.1 200").then_some(())
    })
    .await;
}
