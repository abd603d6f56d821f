//! Status, shell and assets against a bare handler that answers the same bytes.

use crate::load::{cost, median};
use crate::peer::{Peer, Recorded};
use crate::report::Figures;
use crate::server::{SALE, Server};
use crate::{Run, process};
use anyhow::{Context as _, Result};
use std::rc::Rc;

const CONNECTIONS: usize = 32;
/// What a browser accepts.
const CODINGS: &str = "gzip, deflate, br, zstd";

/// Measures them.
pub(crate) async fn measure(run: &Run, server: &Server, figures: &mut Figures) -> Result<()> {
    let status = format!("/api/v1/sales/{SALE}/status");
    let shell = format!("/sales/{SALE}");
    let mut paths = vec![status.clone(), shell.clone()];
    paths.extend(assets(&record(server, &shell).await?));
    let mut answers = Vec::new();
    for path in &paths {
        answers.push(record(server, path).await?);
    }
    let peer = Peer::start(&answers).await?;

    let mut ratios = Vec::new();
    for path in &paths {
        let before = process::redis(&server.socket())?;
        ratios.push(compare(run, server, &peer, path).await?);
        if *path == status {
            let polls = (run.requests * run.rounds as usize) as f64;
            let scripts = process::redis(&server.socket())?.scripts - before.scripts;
            // The edge looks at Redis ten times a second however many ask: per poll that is next to none.
            figures.set(
                "redis_commands_per_status_poll",
                (scripts as f64 / polls).floor(),
            );
            figures.set("redis_scripts_while_polling", scripts as f64);
        }
    }
    figures.set("status_vs_bare", ratios[0]);
    figures.set("shell_vs_bare", ratios[1]);
    // Each asset has to keep the budget: the worst one counts.
    let worst = ratios[2..].iter().copied().min_by(f64::total_cmp);
    figures.set("asset_vs_bare", worst.context("the page names no assets")?);
    Ok(())
}

/// Files of our own that a page names.
fn assets(page: &Recorded) -> Vec<String> {
    let text = String::from_utf8_lossy(&page.body);
    let quoted = text.split('"').filter(|part| part.starts_with("/pkg/"));
    let mut names: Vec<String> = quoted.map(str::to_owned).collect();
    names.sort();
    names.dedup();
    names
}

async fn record(server: &Server, path: &str) -> Result<Recorded> {
    let url = format!("http://{}{path}", server.authority);
    let request = reqwest::Client::new().get(url);
    let request = match path.starts_with("/pkg/") {
        true => request.header("accept-encoding", CODINGS),
        false => request,
    };
    let response = request.send().await?.error_for_status()?;
    let written = ["date", "content-length", "transfer-encoding"];
    let headers = response
        .headers()
        .iter()
        .filter(|(name, _)| !written.contains(&name.as_str()))
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
        .collect();
    Ok(Recorded {
        path: path.to_owned(),
        headers,
        body: response.bytes().await?.into(),
    })
}

/// How much cheaper the bare peer is: 1 is as cheap, 0.5 twice as cheap.
async fn compare(run: &Run, server: &Server, peer: &Peer, path: &str) -> Result<f64> {
    let request = |authority: &str| {
        let head = "accept: */*\r\naccept-language: en\r\n";
        let codings = format!("accept-encoding: {CODINGS}\r\n");
        Rc::new(vec![
            format!("GET {path} HTTP/1.1\r\nhost: {authority}\r\n{head}{codings}\r\n").into_bytes(),
        ])
    };
    let (ours, bare) = (request(&server.authority), request(&peer.authority));
    let (count, mut ratios) = (run.requests, Vec::new());
    for round in 0..=run.rounds {
        let a = cost(
            &[server.pid()],
            &server.authority,
            &ours,
            count,
            CONNECTIONS,
        )
        .await?;
        let b = cost(&[peer.pid()], &peer.authority, &bare, count, CONNECTIONS).await?;
        // The first round warms up.
        if round > 0 {
            ratios.push(b.each.as_secs_f64() / a.each.as_secs_f64());
            eprintln!("{path}: {:?} of CPU, bare {:?}", a.each, b.each);
        }
    }
    Ok(median(ratios))
}
