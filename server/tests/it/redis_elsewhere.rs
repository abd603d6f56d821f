//! An edge whose Redis somebody else runs: a cluster, a server behind TLS, one that is not there.

use crate::cluster_harness::{Cluster, Server, durable, free_ports};
use crate::harness::Edge;
use protocol::Phase;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

impl Edge {
    /// One shopper's whole way.
    async fn sells_one(&self, sale: &str) {
        self.announces(sale, 1).await;
        let ticket = self.joins(sale).await;
        self.authorizes(sale, &ticket).await;
        self.acts(sale, "open").await;
        let pass = self.pass(sale, &ticket).await;
        let order = self.buys(sale, &pass).await;
        assert_eq!(order.status, 201, "{order:?}");
        self.until_phase(sale, Phase::SoldOut).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edge_on_a_cluster_sells_and_its_audit_is_clean() {
    let cluster = Cluster::start(true, "always").await;
    let edge = Edge::start_with(vec![("REDIS_URL", cluster.url())]).await;
    for sale in ["one", "two"] {
        edge.sells_one(sale).await;
        edge.until("the audit is clean", async || {
            edge.command(&["audit", sale])
                .status
                .success()
                .then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_an_edge_sells_and_says_when_redis_may_evict_but_never_the_password() {
    let (server, authority) = behind_tls("hush-hush");
    while std::net::TcpStream::connect(("127.0.0.1", server.port)).is_err() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let edge = Edge::start_with(vec![
        (
            "REDIS_URL",
            format!("rediss://:hush-hush@localhost:{}/3", server.port),
        ),
        ("SSL_CERT_FILE", authority),
    ])
    .await;
    edge.sells_one("one").await;
    let log = edge.log();
    assert!(log.contains("set maxmemory-policy to noeviction"), "{log}");
    assert!(!log.contains("hush-hush"), "{log}");
}

/// A server with a certificate of its own, a password, and a policy that may cost keys; and the file of the
/// authority that signed it.
fn behind_tls(password: &str) -> (Server, String) {
    let directory = tempfile::tempdir().unwrap();
    let authority = certificates(directory.path());
    let port = free_ports(1)[0];
    let mut arguments = durable("always");
    let settings = format!(
        "--port 0 --bind 127.0.0.1 --tls-port {port} --tls-cert-file leaf.pem --tls-key-file leaf.key --tls-ca-cert-file ca.pem \
         --tls-auth-clients no --requirepass {password} --maxmemory 1gb --maxmemory-policy allkeys-lru"
    );
    arguments.extend(settings.split_whitespace().map(str::to_owned));
    (Server::start(directory, port, arguments), authority)
}

fn certificates(directory: &Path) -> String {
    let openssl = |arguments: &str| {
        let done = Command::new("openssl")
            .args(arguments.split_whitespace())
            .current_dir(directory)
            .output()
            .expect("openssl is installed");
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
    std::fs::write(directory.join("names"), "subjectAltName=DNS:localhost").unwrap();
    openssl(&format!(
        "req -x509 {key} -subj /CN=authority -keyout ca.key -out ca.pem"
    ));
    openssl(
        "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost -keyout leaf.key -out leaf.csr",
    );
    openssl(
        "x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out leaf.pem",
    );
    directory.join("ca.pem").display().to_string()
}

#[test]
fn a_redis_that_cannot_be_used_is_told_with_what_to_do_and_without_its_password() {
    for (url, told) in [
        (
            "redis://:hush-hush@127.0.0.1:1/2".to_owned(),
            "no redis answers at redis://127.0.0.1:1/2",
        ),
        (
            "redis+cluster://:hush-hush@127.0.0.1:1,127.0.0.1:2".to_owned(),
            "no redis answers at redis+cluster://127.0.0.1:1,127.0.0.1:2",
        ),
        (
            "redis+sentinel://:hush-hush@127.0.0.1:1".to_owned(),
            "names the service after the sentinels",
        ),
    ] {
        let said = refused(&url);
        assert!(said.contains(told), "{url}: {said}");
        assert!(said.contains("REDIS_URL"), "{said}");
        assert!(!said.contains("hush-hush"), "{said}");
    }
}

/// What an edge says that does not come up with this Redis.
fn refused(url: &str) -> String {
    let directory: TempDir = tempfile::tempdir().unwrap();
    let ended = Command::new(env!("CARGO_BIN_EXE_sluice"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(directory.path().join("data"))
        .env("REDIS_URL", url)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .unwrap();
    assert!(!ended.status.success());
    String::from_utf8_lossy(&ended.stderr).into_owned()
}
