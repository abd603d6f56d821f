//! A Redis of the test's own, which can be killed, forget, and be set back.

use super::until;
use crate::cluster_harness::{Cluster, Sentinels, Server, durable};
use engine::redis::Store;
use tempfile::TempDir;

/// A Redis of the test's own: one server on a socket, or with `TEST_REDIS=cluster` three nodes of a cluster.
pub(crate) struct Redis {
    servers: Servers,
    pub(crate) url: String,
}

enum Servers {
    One(Server),
    Cluster(Cluster),
    Sentinels(Sentinels),
    None,
}

impl Redis {
    pub(crate) async fn start() -> Self {
        Self::with_fsync("always").await
    }

    /// One that flushes `always` or `no`: a test of what scripts answer needs no disk.
    pub(crate) async fn with_fsync(fsync: &'static str) -> Self {
        match std::env::var("TEST_REDIS").as_deref() {
            Ok("cluster") => Self::cluster(Cluster::start(false, fsync).await),
            Ok(other) => panic!("TEST_REDIS={other}: there is only cluster"),
            Err(_) => Self::on_a_socket(fsync).await,
        }
    }

    async fn on_a_socket(fsync: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("redis.sock");
        let mut arguments = durable(fsync);
        arguments.extend(["--port", "0", "--unixsocket", "redis.sock"].map(str::to_owned));
        let redis = Self {
            url: format!("redis+unix://{}", socket.display()),
            servers: Servers::One(Server::start(directory, 0, arguments)),
        };
        redis.wait().await;
        redis
    }

    pub(crate) fn cluster(cluster: Cluster) -> Self {
        Self {
            url: cluster.url(),
            servers: Servers::Cluster(cluster),
        }
    }

    pub(crate) fn sentinels(sentinels: Sentinels) -> Self {
        Self {
            url: sentinels.url(),
            servers: Servers::Sentinels(sentinels),
        }
    }

    /// Nothing, for a shop whose Redis somebody else holds for a while.
    pub(crate) fn none() -> Self {
        Self {
            url: String::new(),
            servers: Servers::None,
        }
    }

    pub(crate) fn nodes(&mut self) -> &mut Cluster {
        match &mut self.servers {
            Servers::Cluster(cluster) => cluster,
            _ => panic!("not a cluster"),
        }
    }

    pub(crate) fn watched(&mut self) -> &mut Sentinels {
        match &mut self.servers {
            Servers::Sentinels(sentinels) => sentinels,
            _ => panic!("no sentinels"),
        }
    }

    async fn wait(&self) {
        if let Servers::Cluster(cluster) = &self.servers {
            cluster.ready().await;
        }
        until("redis answers", async || {
            Store::connect(&self.url).await.ok()
        })
        .await;
    }

    fn servers(&mut self) -> &mut [Server] {
        match &mut self.servers {
            Servers::One(server) => std::slice::from_mut(server),
            Servers::Cluster(cluster) => &mut cluster.nodes,
            Servers::Sentinels(sentinels) => &mut sentinels.servers,
            Servers::None => &mut [],
        }
    }

    /// kill -9, and the same files again.
    pub(crate) async fn kill_and_restart(&mut self) {
        self.servers().iter_mut().for_each(Server::kill);
        self.servers().iter_mut().for_each(Server::start_again);
        self.wait().await;
    }

    pub(crate) fn kill(&mut self) {
        self.servers().iter_mut().for_each(Server::kill);
    }

    /// After [`Redis::kill`], with the same files.
    pub(crate) async fn starts_again(&mut self) {
        self.servers().iter_mut().for_each(Server::start_again);
        self.wait().await;
    }

    /// A copy of its files as they are now.
    pub(crate) fn backup(&mut self) -> Vec<TempDir> {
        self.servers()
            .iter()
            .map(|server| server.backup())
            .collect()
    }

    /// kill -9, and the files of an earlier time.
    pub(crate) async fn kill_and_restore(&mut self, backups: &[TempDir]) {
        self.kill();
        for (server, backup) in self.servers().iter().zip(backups) {
            server.forget();
            server.restore(backup);
        }
        self.starts_again().await;
    }

    /// Where each of its servers answers alone.
    pub(crate) fn addresses(&self) -> Vec<String> {
        match &self.servers {
            Servers::Cluster(cluster) => {
                let ports = cluster.nodes.iter().map(|node| node.port);
                ports
                    .map(|port| format!("redis://127.0.0.1:{port}"))
                    .collect()
            }
            _ => vec![self.url.clone()],
        }
    }

    /// FLUSHALL.
    pub(crate) async fn flush(&self) {
        if let Servers::Cluster(cluster) = &self.servers {
            for node in &cluster.nodes {
                assert!(node.ask("FLUSHALL").contains("OK"));
            }
            return;
        }
        let client = redis::Client::open(self.url.as_str()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        redis::cmd("FLUSHALL")
            .query_async::<()>(&mut connection)
            .await
            .unwrap();
    }

    /// DEL, as a server that is short of memory does it; answers how many there were.
    pub(crate) async fn forget(&self, key: &str) -> i64 {
        self.of_whoever_has_it("DEL", key).await.unwrap_or(0)
    }

    /// Until when the server keeps this key, Unix ms; `None` when it has none.
    pub(crate) async fn keeps_until(&self, key: &str) -> Option<i64> {
        let until = self.of_whoever_has_it("PEXPIRETIME", key).await;
        until.filter(|ms| *ms > 0)
    }

    async fn of_whoever_has_it(&self, command: &str, key: &str) -> Option<i64> {
        for address in self.addresses() {
            let client = redis::Client::open(address).unwrap();
            let mut connection = client.get_multiplexed_async_connection().await.unwrap();
            // Nodes of a cluster that do not have this key refuse.
            let mut ask = redis::cmd(command);
            if let Ok(answer) = ask.arg(key).query_async(&mut connection).await {
                return Some(answer);
            }
        }
        None
    }

    /// kill -9, and nothing left.
    pub(crate) async fn kill_and_forget(&mut self) {
        self.servers().iter_mut().for_each(Server::kill);
        self.servers().iter().for_each(Server::forget);
        self.servers().iter_mut().for_each(Server::start_again);
        self.wait().await;
    }
}
