//! The parts that run inside or beside this process when no others are given.

mod redis;
mod simulator;

pub(crate) use redis::{EmbeddedRedis, url as redis_url};
pub(crate) use simulator::{EmbeddedSimulator, PUBLISHABLE_KEY, SECRET_KEY, url as simulator_url};
