//! Real Redis servers on loopback: one, a cluster, a master with replicas and sentinels. Gone with the test.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// How long a server may take to start, or the others to agree on a new master.
const PATIENCE: Duration = Duration::from_secs(40);
/// A node that says nothing for so long has failed. Longer where no failover is wanted: the machine may be busy.
const QUICK_MS: u32 = 1500;
const SLOW_MS: u32 = 10_000;

/// One redis-server in a directory of its own.
pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
    password: &'static str,
    arguments: Vec<String>,
    directory: TempDir,
}

impl Server {
    /// Starts one with these arguments; `port` is what they say.
    pub(crate) fn start(directory: TempDir, port: u16, arguments: Vec<String>) -> Self {
        Self {
            child: spawn(directory.path(), &arguments),
            port,
            password: "",
            arguments,
            directory,
        }
    }

    fn with_password(mut self, password: &'static str) -> Self {
        self.password = password;
        self
    }

    /// kill -9.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it on the same files.
    pub(crate) fn start_again(&mut self) {
        self.child = spawn(self.directory.path(), &self.arguments);
    }

    /// Removes the data of one that was killed; what it knows of its cluster stays.
    pub(crate) fn forget(&self) {
        std::fs::remove_dir_all(self.directory.path().join("appendonlydir")).unwrap();
    }

    /// A copy of its data as it is now.
    pub(crate) fn backup(&self) -> TempDir {
        let copy = tempfile::tempdir().unwrap();
        copy_files(&self.directory.path().join("appendonlydir"), copy.path());
        copy
    }

    /// The data of an earlier time, after [`Server::forget`].
    pub(crate) fn restore(&self, backup: &TempDir) {
        let data = self.directory.path().join("appendonlydir");
        std::fs::create_dir(&data).unwrap();
        copy_files(backup.path(), &data);
    }

    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        Command::new("kill")
            .args([&format!("-{signal}"), &pid])
            .status()
            .unwrap();
    }

    /// What it answers, a value on each line and an error as its text; nothing when it does not answer.
    pub(crate) fn ask(&self, command: &str) -> String {
        let login = match self.password {
            "" => String::new(),
            password => format!("AUTH {password}\r\n"),
        };
        let said = talk(self.port, &format!("{login}{command}\r\nQUIT\r\n"));
        let lengths = |line: &&str| !line.starts_with(['*', '$']);
        let values = said.unwrap_or_default();
        let values = values.lines().filter(lengths);
        let values: Vec<&str> = values.skip(usize::from(!login.is_empty())).collect();
        values.join("\n")
    }
}

fn copy_files(from: &Path, to: &Path) {
    for file in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

/// Sends lines and reads until the other side closes, or is a sentinel, which does not know `QUIT`.
fn talk(port: u16, lines: &str) -> std::io::Result<String> {
    let patience = Duration::from_secs(1);
    let mut stream = TcpStream::connect_timeout(&([127, 0, 0, 1], port).into(), patience)?;
    stream.set_read_timeout(Some(patience))?;
    stream.write_all(lines.as_bytes())?;
    let (mut said, mut more) = (String::new(), [0; 4096]);
    while !said.contains("unknown command 'QUIT'") {
        match stream.read(&mut more)? {
            0 => break,
            length => said += &String::from_utf8_lossy(&more[..length]),
        }
    }
    Ok(said)
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(directory: &Path, arguments: &[String]) -> Child {
    let log = std::fs::File::options()
        .create(true)
        .append(true)
        .open(directory.join("log"))
        .unwrap();
    Command::new("redis-server")
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(Stdio::null())
        .spawn()
        .expect("redis-server is installed (make install)")
}

/// Arguments of a server that keeps what it is told in a file.
pub(crate) fn durable(fsync: &str) -> Vec<String> {
    words(&format!("--appendonly yes --appendfsync {fsync} --save"))
        .into_iter()
        .chain([String::new()])
        .collect()
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// Ports that nobody listens on, all different.
pub(crate) fn free_ports(count: usize) -> Vec<u16> {
    let held: Vec<TcpListener> = (0..count)
        .map(|_| TcpListener::bind("127.0.0.1:0").unwrap())
        .collect();
    let port = |listener: &TcpListener| listener.local_addr().unwrap().port();
    held.iter().map(port).collect()
}

async fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    if tokio::time::timeout(PATIENCE, waiting).await.is_err() {
        panic!("waited {PATIENCE:?} in vain until {what}");
    }
}

/// A Redis Cluster whose nodes know each other from the start, as after a restart.
pub(crate) struct Cluster {
    pub(crate) nodes: Vec<Server>,
    masters: usize,
}

impl Cluster {
    /// Three masters, and for each one replica, or none. With replicas a failed master is replaced quickly.
    pub(crate) async fn start(replicas: bool, fsync: &str) -> Self {
        let masters = 3;
        let count = if replicas { 2 * masters } else { masters };
        let timeout = if replicas { QUICK_MS } else { SLOW_MS };
        let ports = free_ports(2 * count);
        let (ports, buses) = ports.split_at(count);
        let nodes = (0..count).map(|me| {
            let directory = tempfile::tempdir().unwrap();
            let known = topology(ports, buses, masters, me);
            std::fs::write(directory.path().join("nodes.conf"), known).unwrap();
            let mut arguments = words(&format!(
                "--bind 127.0.0.1 --port {} --cluster-enabled yes --cluster-port {} --cluster-node-timeout {timeout} \
                 --cluster-require-full-coverage no --cluster-replica-validity-factor 0 --repl-diskless-sync-delay 0",
                ports[me], buses[me],
            ));
            arguments.extend(durable(fsync));
            Server::start(directory, ports[me], arguments)
        });
        let cluster = Self {
            nodes: nodes.collect(),
            masters,
        };
        cluster.ready().await;
        cluster
    }

    /// All nodes agree, and the replicas follow.
    pub(crate) async fn ready(&self) {
        wait_until("the cluster stands", || {
            self.nodes.iter().all(|node| {
                let said = node.ask("info replication");
                let follows =
                    said.contains("role:master") || said.contains("master_link_status:up");
                follows && node.ask("cluster info").contains("cluster_state:ok")
            })
        })
        .await;
    }

    pub(crate) fn url(&self) -> String {
        let hosts: Vec<String> = self.nodes[..self.masters]
            .iter()
            .map(|node| format!("127.0.0.1:{}", node.port))
            .collect();
        format!("redis+cluster://{}", hosts.join(","))
    }

    /// Which node serves this key: the others say where to go. None in the middle of a failover.
    pub(crate) fn owner(&self, key: &str) -> Option<usize> {
        let serves = |node: &Server| {
            matches!(
                node.ask(&format!("exists {key}")).lines().next(),
                Some(":0" | ":1")
            )
        };
        self.nodes.iter().position(serves)
    }

    /// Until another node than this one serves the key.
    pub(crate) async fn promoted(&self, key: &str, instead_of: usize) {
        wait_until("a replica is promoted", || {
            self.owner(key).is_some_and(|owner| owner != instead_of)
        })
        .await;
    }
}

/// What node `me` knows of all: the file that Redis writes itself.
fn topology(ports: &[u16], buses: &[u16], masters: usize, me: usize) -> String {
    let name = |node: usize| format!("{:08x}{:032x}", std::process::id(), ports[node]);
    let mut lines = String::new();
    for node in 0..ports.len() {
        let myself = if node == me { "myself," } else { "" };
        let address = format!("127.0.0.1:{}@{}", ports[node], buses[node]);
        let of = node % masters;
        let role = match node < masters {
            true => {
                let (first, next) = (16384 * node / masters, 16384 * (node + 1) / masters);
                format!(
                    "{myself}master - 0 0 {} connected {first}-{}",
                    node + 1,
                    next - 1
                )
            }
            false => format!("{myself}slave {} 0 0 {} connected", name(of), of + 1),
        };
        lines += &format!("{} {address} {role}\n", name(node));
    }
    lines + &format!("vars currentEpoch {masters} lastVoteEpoch 0\n")
}

/// One master, two replicas, three sentinels; servers and sentinels have passwords of their own.
pub(crate) struct Sentinels {
    pub(crate) servers: Vec<Server>,
    sentinels: Vec<Server>,
}

impl Sentinels {
    pub(crate) async fn start() -> Self {
        let ports = free_ports(6);
        let (ports, watches) = ports.split_at(3);
        let servers = ports.iter().map(|port| {
            let mut arguments = words(&format!(
                "--bind 127.0.0.1 --port {port} --requirepass at-the-master --masterauth at-the-master \
                 --repl-diskless-sync-delay 0"
            ));
            arguments.extend(durable("always"));
            if *port != ports[0] {
                arguments.extend(words(&format!("--replicaof 127.0.0.1 {}", ports[0])));
            }
            Server::start(tempfile::tempdir().unwrap(), *port, arguments).with_password("at-the-master")
        });
        let servers: Vec<Server> = servers.collect();
        let sentinels = watches.iter().map(|port| {
            let directory = tempfile::tempdir().unwrap();
            let settings = format!(
                "bind 127.0.0.1\nport {port}\nrequirepass at-the-sentinel\nsentinel sentinel-pass at-the-sentinel\n\
                 sentinel monitor shop 127.0.0.1 {} 2\nsentinel auth-pass shop at-the-master\n\
                 sentinel down-after-milliseconds shop 1500\nsentinel failover-timeout shop 5000\n",
                ports[0]
            );
            std::fs::write(directory.path().join("sentinel.conf"), settings).unwrap();
            Server::start(directory, *port, words("sentinel.conf --sentinel")).with_password("at-the-sentinel")
        });
        let this = Self {
            servers,
            sentinels: sentinels.collect(),
        };
        wait_until("the sentinels know each other and the replicas", || {
            let knows = |sentinel: &Server| {
                let said = sentinel.ask("sentinel master shop");
                let lines: Vec<&str> = said.lines().collect();
                let field = |name| {
                    lines
                        .windows(2)
                        .find(|pair| pair[0] == name)
                        .map(|pair| pair[1])
                };
                field("num-slaves") == Some("2") && field("num-other-sentinels") == Some("2")
            };
            this.sentinels.iter().all(knows)
        })
        .await;
        this
    }

    pub(crate) fn url(&self) -> String {
        let hosts: Vec<String> = self
            .sentinels
            .iter()
            .map(|sentinel| format!("127.0.0.1:{}", sentinel.port))
            .collect();
        format!(
            "redis+sentinel://:at-the-master@{}/shop?sentinel_password=at-the-sentinel",
            hosts.join(",")
        )
    }

    /// The master that most sentinels name.
    pub(crate) fn master(&self) -> Option<usize> {
        let mut votes = vec![0; self.servers.len()];
        for sentinel in &self.sentinels {
            let said = sentinel.ask("sentinel get-master-addr-by-name shop");
            let named = |server: &Server| said.lines().nth(1) == Some(&server.port.to_string());
            if let Some(server) = self.servers.iter().position(named) {
                votes[server] += 1;
            }
        }
        votes.iter().position(|count| *count >= 2)
    }

    /// Until another server than this one is the master.
    pub(crate) async fn promoted(&self, instead_of: usize) {
        wait_until("a replica is promoted", || {
            self.master().is_some_and(|master| master != instead_of)
        })
        .await;
    }
}
