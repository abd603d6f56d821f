//! The one connection: to a server, to the master that sentinels name, or to a cluster.
//!
//! Whoever finds it broken gets the error at once, and a new one is made in the background: after a failover it
//! leads to the new master, without a restart. A command is never sent twice on a guess. Only one that a node
//! refused because the slot is elsewhere goes there; an answer that was lost is an error, and whoever asked
//! decides.

use super::address::Address;
use super::eviction;
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::cluster_routing::{RoutingInfo, SingleNodeRoutingInfo};
use redis::sentinel::{SentinelClient, SentinelNodeConnectionInfo, SentinelServerType};
use redis::{
    AsyncConnectionConfig, Cmd, ErrorKind, Pipeline, RedisError, RedisFuture, RedisResult,
    ServerErrorKind, TlsMode, Value,
};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::timeout;

/// One node may take so long to take a connection.
const CONNECT_WITHIN: Duration = Duration::from_secs(1);
/// One command may take so long, redirections included. Less than what a tick waits.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// Everything until a new connection stands: sentinels asked, nodes of a cluster tried.
const STAND_WITHIN: Duration = Duration::from_secs(6);
/// So often a command follows a slot that moved.
const REDIRECTIONS: usize = 2;

/// A handle on the current connection; cheap to clone.
#[derive(Clone)]
pub(super) struct Connection {
    address: Arc<Address>,
    current: Arc<Mutex<Current>>,
}

struct Current {
    live: Live,
    /// Counts the connections, so that one is replaced once however many find it broken.
    generation: u64,
    renewing: bool,
}

/// A connection that stands, or stood.
#[derive(Clone)]
pub(super) enum Live {
    /// To one server.
    Node(MultiplexedConnection),
    /// To all nodes of a cluster; it repairs the connection to each by itself.
    Cluster(ClusterConnection),
}

impl Connection {
    /// Connects, or says why not.
    pub(super) async fn open(address: Address) -> RedisResult<Self> {
        let live = Live::open(&address).await?;
        Ok(Self {
            address: Arc::new(address),
            current: Arc::new(Mutex::new(Current {
                live,
                generation: 0,
                renewing: false,
            })),
        })
    }

    /// Does Redis answer? Of a cluster, any node: one that is down stops its own sales, not this edge.
    pub(super) async fn ping(&self) -> RedisResult<()> {
        let (live, generation) = self.current();
        let answer = match live {
            Live::Node(mut node) => redis::cmd("PING").query_async::<()>(&mut node).await,
            Live::Cluster(mut cluster) => {
                let any = RoutingInfo::SingleNode(SingleNodeRoutingInfo::Random);
                let answer = cluster.route_command(redis::cmd("PING"), any).await;
                answer.map(|_| ())
            }
        };
        answer.inspect_err(|error| self.renew_if_lost(generation, error))
    }

    fn current(&self) -> (Live, u64) {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        (current.live.clone(), current.generation)
    }

    async fn ask(&self, command: &Cmd) -> RedisResult<Value> {
        let mut redirections = 0;
        loop {
            let (mut live, generation) = self.current();
            let answer = match &mut live {
                Live::Node(node) => node.req_packed_command(command).await,
                Live::Cluster(cluster) => cluster.req_packed_command(command).await,
            };
            let error = match answer.and_then(Value::extract_error) {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            self.renew_if_lost(generation, &error);
            // The cluster's connection has asked where the slots are before it takes the next command.
            let moved = error.kind() == ErrorKind::Server(ServerErrorKind::Moved);
            if !moved || redirections == REDIRECTIONS {
                return Err(error);
            }
            redirections += 1;
        }
    }

    /// Replaces a connection that leads nowhere, or to a server that is no master any more.
    fn renew_if_lost(&self, generation: u64, error: &RedisError) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let known = current.renewing || current.generation != generation;
        if known || !current.live.is_lost(error) {
            return;
        }
        current.renewing = true;
        let this = self.clone();
        tokio::spawn(async move {
            let renewed = Live::open(&this.address).await;
            let mut current = this.current.lock().unwrap_or_else(PoisonError::into_inner);
            current.renewing = false;
            match renewed {
                Ok(live) => {
                    current.live = live;
                    current.generation += 1;
                }
                Err(error) => tracing::debug!(%error, "redis cannot be reached again yet"),
            }
        });
    }
}

impl Live {
    async fn open(address: &Address) -> RedisResult<Self> {
        let live = timeout(STAND_WITHIN, Self::connect(address))
            .await
            .map_err(|_| RedisError::from(std::io::Error::from(std::io::ErrorKind::TimedOut)))??;
        tokio::spawn(eviction::warn_if_keys_may_go(live.clone()));
        Ok(live)
    }

    async fn connect(address: &Address) -> RedisResult<Self> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_WITHIN))
            .set_response_timeout(Some(ANSWER_WITHIN));
        match address {
            Address::Server(server) => {
                let client = redis::Client::open(server.clone())?;
                let node = client.get_multiplexed_async_connection_with_config(&config);
                Ok(Self::Node(node.await?))
            }
            Address::Sentinels {
                sentinels,
                service,
                master,
                tls,
            } => {
                let mut at_master =
                    SentinelNodeConnectionInfo::default().set_redis_connection_info(master.clone());
                if *tls {
                    at_master = at_master.set_tls_mode(TlsMode::Secure);
                }
                let kind = SentinelServerType::Master;
                let mut client =
                    SentinelClient::build(sentinels.clone(), service, Some(at_master), kind)?;
                let master = client.get_async_connection_with_config(&config);
                Ok(Self::Node(master.await?))
            }
            Address::Cluster(nodes) => {
                let client = ClusterClient::builder(nodes.clone())
                    .connection_timeout(CONNECT_WITHIN)
                    .response_timeout(ANSWER_WITHIN)
                    // It would also repeat a command whose answer was lost.
                    .retries(0)
                    .build()?;
                Ok(Self::Cluster(client.get_async_connection().await?))
            }
        }
    }

    /// Will it lead nowhere from now on?
    fn is_lost(&self, error: &RedisError) -> bool {
        match self {
            Self::Node(_) => {
                error.is_io_error() || error.is_unrecoverable_error() || is_a_replica(error)
            }
            // A connection that breaks is repaired; one to a node that hangs would stay with it for ever.
            Self::Cluster(_) => error.is_timeout(),
        }
    }
}

/// Before version 7 a script's error was wrapped into another.
fn is_a_replica(error: &RedisError) -> bool {
    let known = [ServerErrorKind::ReadOnly, ServerErrorKind::MasterDown];
    let wrapped = || error.detail().is_some_and(|text| text.contains("READONLY"));
    matches!(error.kind(), ErrorKind::Server(kind) if known.contains(&kind)) || wrapped()
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        Box::pin(self.ask(command))
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        Box::pin(async move {
            let (mut live, generation) = self.current();
            let answer = match &mut live {
                Live::Node(node) => node.req_packed_commands(pipeline, offset, count).await,
                Live::Cluster(cluster) => {
                    cluster.req_packed_commands(pipeline, offset, count).await
                }
            };
            answer.inspect_err(|error| self.renew_if_lost(generation, error))
        })
    }

    fn get_db(&self) -> i64 {
        match self.current().0 {
            Live::Node(node) => node.get_db(),
            Live::Cluster(cluster) => cluster.get_db(),
        }
    }
}
