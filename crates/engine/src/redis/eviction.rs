//! A Redis that may throw keys away to make room would throw a sale away. Looked for at every new connection.

use super::connection::Live;
use redis::cluster_routing::{MultipleNodeRoutingInfo, RoutingInfo};
use redis::{FromRedisValue as _, RedisResult, Value};

/// Says so in the log when a node may evict keys. `INFO` and not `CONFIG`: managed services refuse that.
pub(super) async fn warn_if_keys_may_go(mut live: Live) {
    match memory(&mut live).await {
        Ok(nodes) => {
            for policy in nodes.iter().filter_map(|info| evicting(info)) {
                tracing::error!(
                    policy,
                    "redis may evict keys, and with them places and units of a sale: set maxmemory-policy to noeviction"
                );
            }
        }
        Err(error) => tracing::debug!(%error, "redis does not tell its eviction policy"),
    }
}

/// What each node says of its memory.
async fn memory(live: &mut Live) -> RedisResult<Vec<String>> {
    let mut info = redis::cmd("INFO");
    info.arg("memory");
    match live {
        Live::Node(node) => Ok(vec![info.query_async(node).await?]),
        Live::Cluster(cluster) => {
            let every = RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllNodes, None));
            let Value::Map(nodes) = cluster.route_command(info, every).await? else {
                return Ok(Vec::new());
            };
            let texts = nodes.into_iter().map(|(_, text)| text);
            Ok(texts
                .filter_map(|text| String::from_redis_value(text).ok())
                .collect())
        }
    }
}

/// The policy by which this node would evict; without a limit it never does.
fn evicting(info: &str) -> Option<&str> {
    let field = |name: &str| {
        info.lines()
            .find_map(|line| line.trim_end().strip_prefix(name)?.strip_prefix(':'))
    };
    let limited = field("maxmemory")? != "0";
    field("maxmemory_policy").filter(|policy| limited && *policy != "noeviction")
}

#[cfg(test)]
mod tests {
    use super::evicting;

    #[test]
    fn only_a_limited_memory_with_another_policy_evicts() {
        let info = |limit: &str, policy: &str| {
            format!(
                "# Memory\r\nused_memory:1\r\nmaxmemory:{limit}\r\nmaxmemory_human:1G\r\nmaxmemory_policy:{policy}\r\n"
            )
        };
        assert_eq!(evicting(&info("0", "allkeys-lru")), None);
        assert_eq!(evicting(&info("1", "noeviction")), None);
        assert_eq!(evicting(&info("1", "volatile-ttl")), Some("volatile-ttl"));
        assert_eq!(evicting("# Memory\r\n"), None);
    }
}
