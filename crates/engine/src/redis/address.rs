//! Where Redis is: one server, the master that sentinels name, or a cluster. Read from a URL.

use crate::Error;
use redis::{ConnectionInfo, IntoConnectionInfo as _, RedisConnectionInfo};

/// Everything that is needed to connect. Holds passwords, so it has no `Debug`.
pub(super) enum Address {
    /// One server, or whatever stands at this address: a managed primary endpoint, a proxy.
    Server(ConnectionInfo),
    /// The master of a service, asked of its sentinels.
    Sentinels {
        sentinels: Vec<ConnectionInfo>,
        service: String,
        /// Database, user and password at the master.
        master: RedisConnectionInfo,
        tls: bool,
    },
    /// A cluster, found through any of these nodes.
    Cluster(Vec<ConnectionInfo>),
}

/// `redis+cluster://user:password@host:port,host:port/path?query`, taken apart.
struct Parts<'a> {
    tls: bool,
    kind: Kind,
    /// `user:password@`, or nothing.
    login: &'a str,
    hosts: Vec<&'a str>,
    path: &'a str,
    query: &'a str,
}

#[derive(PartialEq)]
enum Kind {
    Sentinel,
    Cluster,
}

impl Address {
    /// Reads `redis://`, `rediss://`, `redis+unix://`, `redis+sentinel://` and `redis+cluster://`; the last
    /// two with `rediss` for TLS. Fails with a sentence that says what is wrong, never with the URL.
    pub(super) fn parse(url: &str) -> Result<Self, Error> {
        let Some(parts) = Parts::of(url) else {
            let authority = authority(url).unwrap_or_default();
            return match url.into_connection_info() {
                Ok(_) if authority.contains(',') => Err(Error::RedisUrl(
                    "several hosts need redis+sentinel:// or redis+cluster://",
                )),
                Ok(server) => Ok(Self::Server(server)),
                Err(_) => Err(Error::RedisUrl(
                    "it starts with redis://, rediss://, redis+unix://, redis+sentinel:// or redis+cluster://, \
                     and special characters of a password are percent-encoded",
                )),
            };
        };
        match parts.kind {
            Kind::Sentinel => parts.sentinels(),
            Kind::Cluster => parts.cluster(),
        }
    }
}

impl<'a> Parts<'a> {
    /// `None` when the URL names a single server.
    fn of(url: &'a str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let (tls, kind) = match scheme {
            "redis+sentinel" => (false, Kind::Sentinel),
            "rediss+sentinel" => (true, Kind::Sentinel),
            "redis+cluster" => (false, Kind::Cluster),
            "rediss+cluster" => (true, Kind::Cluster),
            _ => return None,
        };
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let at = authority.rfind('@').map_or(0, |at| at + 1);
        let (login, hosts) = authority.split_at(at);
        Some(Self {
            tls,
            kind,
            login,
            hosts: hosts.split(',').collect(),
            path: path.trim_end_matches('/'),
            query,
        })
    }

    fn sentinels(&self) -> Result<Address, Error> {
        let (service, db) = self.path.split_once('/').unwrap_or((self.path, "0"));
        if service.is_empty() {
            return Err(Error::RedisUrl(
                "redis+sentinel:// names the service after the sentinels, as in redis+sentinel://one:26379,two:26379/service",
            ));
        }
        let master = self.node(self.login, "unknown", 6379, db)?;
        let login = self.sentinels_login()?;
        let sentinels = self.nodes(&login, 26379)?;
        Ok(Address::Sentinels {
            sentinels,
            service: service.to_owned(),
            master: master.redis_settings().clone(),
            tls: self.tls,
        })
    }

    /// The sentinels' own user and password: `?sentinel_username=…&sentinel_password=…`.
    fn sentinels_login(&self) -> Result<String, Error> {
        let (mut username, mut password) = ("", "");
        for pair in self.query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sentinel_username", value)) => username = value,
                Some(("sentinel_password", value)) => password = value,
                _ => {
                    return Err(Error::RedisUrl(
                        "after ? there may be sentinel_username and sentinel_password",
                    ));
                }
            }
        }
        match (username, password) {
            ("", "") => Ok(String::new()),
            _ => Ok(format!("{username}:{password}@")),
        }
    }

    fn cluster(&self) -> Result<Address, Error> {
        if !matches!(self.path, "" | "0") {
            return Err(Error::RedisUrl("a cluster has no databases beside 0"));
        }
        if !self.query.is_empty() {
            return Err(Error::RedisUrl("nothing may follow the hosts of a cluster"));
        }
        Ok(Address::Cluster(self.nodes(self.login, 6379)?))
    }

    fn nodes(&self, login: &str, port: u16) -> Result<Vec<ConnectionInfo>, Error> {
        let node = |host: &&str| self.node(login, host, port, "0");
        self.hosts.iter().map(node).collect()
    }

    fn node(&self, login: &str, host: &str, port: u16, db: &str) -> Result<ConnectionInfo, Error> {
        let scheme = if self.tls { "rediss" } else { "redis" };
        let has_port = host
            .rsplit_once(':')
            .is_some_and(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
        let host = match has_port {
            true => host.to_owned(),
            false => format!("{host}:{port}"),
        };
        format!("{scheme}://{login}{host}/{db}")
            .into_connection_info()
            .map_err(|_| {
                Error::RedisUrl(
                    "hosts are host:port with commas between them, a database is a number, and special characters \
                     of a password are percent-encoded",
                )
            })
    }
}

fn authority(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    rest.split(['/', '?']).next()
}

/// The URL as it may be shown: without user, password and whatever follows `?`.
pub fn shown(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return "a URL without ://".to_owned();
    };
    let rest = rest.split('?').next().unwrap_or_default();
    let (authority, path) = rest
        .split_once('/')
        .map_or((rest, String::new()), |(a, path)| (a, format!("/{path}")));
    // A password with a bare / or ? in it would be cut in two: whatever stands before an @ is not shown.
    match path.rsplit_once('@').or_else(|| authority.rsplit_once('@')) {
        Some((_, hosts)) if path.contains('@') => format!("{scheme}://{hosts}"),
        Some((_, hosts)) => format!("{scheme}://{hosts}{path}"),
        None => format!("{scheme}://{authority}{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(nodes: &[ConnectionInfo]) -> Vec<String> {
        nodes.iter().map(|node| node.addr().to_string()).collect()
    }

    fn complaint(url: &str) -> String {
        match Address::parse(url) {
            Err(error) => error.to_string(),
            Ok(_) => panic!("{url} was taken"),
        }
    }

    #[test]
    fn one_server_is_what_redis_rs_reads() {
        for url in [
            "redis://127.0.0.1:6379/2",
            "rediss://user:secret@cache.example:6380",
            "redis+unix:///run/redis.sock",
        ] {
            assert!(matches!(Address::parse(url), Ok(Address::Server(_))));
        }
    }

    #[test]
    fn a_cluster_is_its_nodes_with_one_login() {
        let Ok(Address::Cluster(nodes)) =
            Address::parse("rediss+cluster://u:p%2F@a:7000,b,[::1]:7002")
        else {
            panic!("not a cluster");
        };
        assert_eq!(addresses(&nodes), ["a:7000", "b:6379", "::1:7002"]);
        for node in nodes {
            assert_eq!(node.redis_settings().password(), Some("p/"));
            assert!(matches!(
                node.addr(),
                redis::ConnectionAddr::TcpTls {
                    insecure: false,
                    ..
                }
            ));
        }
    }

    #[test]
    fn sentinels_have_a_login_of_their_own() {
        let url = "redis+sentinel://u:master@a,b:5/shop/3?sentinel_password=watcher";
        let Ok(Address::Sentinels {
            sentinels,
            service,
            master,
            tls,
        }) = Address::parse(url)
        else {
            panic!("not sentinels");
        };
        assert_eq!(addresses(&sentinels), ["a:26379", "b:5"]);
        assert!(
            sentinels
                .iter()
                .all(|s| s.redis_settings().password() == Some("watcher"))
        );
        assert_eq!((service.as_str(), master.db(), tls), ("shop", 3, false));
        assert_eq!(
            (master.username(), master.password()),
            (Some("u"), Some("master"))
        );
    }

    #[test]
    fn a_wrong_url_is_told_what_is_wrong_and_not_repeated() {
        for (url, about) in [
            ("redis://:secret@a,b", "several hosts"),
            ("http://:secret@a", "starts with"),
            ("redis+sentinel://:secret@a:26379", "service"),
            ("redis+sentinel://:secret@a/shop/first", "number"),
            (
                "redis+sentinel://a/shop?password=secret",
                "sentinel_password",
            ),
            ("redis+cluster://:secret@a/1", "beside 0"),
            ("redis+cluster://:secret@a/?x=1", "nothing may follow"),
        ] {
            let complaint = complaint(url);
            assert!(complaint.contains(about), "{url}: {complaint}");
            assert!(!complaint.contains("secret"), "{complaint}");
        }
    }

    #[test]
    fn what_is_shown_has_no_password() {
        for (url, seen) in [
            ("redis://a:1/2", "redis://a:1/2"),
            (
                "redis+unix:///run/redis.sock",
                "redis+unix:///run/redis.sock",
            ),
            (
                "redis+cluster://u:secret@a:1,b:2",
                "redis+cluster://a:1,b:2",
            ),
            (
                "redis+sentinel://u:secret@a/shop?sentinel_password=secret",
                "redis+sentinel://a/shop",
            ),
            ("redis://:sec/secret@a:1/2", "redis://a:1/2"),
            ("redis://:sec@secret@a:1/2", "redis://a:1/2"),
        ] {
            assert_eq!(shown(url), seen);
        }
    }
}
