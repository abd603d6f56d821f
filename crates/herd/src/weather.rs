//! What goes wrong at the payment simulator while the crowd is there. Orders go to its `/control`.

use crate::ask::{Ask, Body, Lane};
use crate::cli::CrowdArgs;
use crate::client::Client;
use crate::tally::Step;
use anyhow::{Context as _, Result};
use reqwest::Method;
use serde_json::{Value, json};

/// The weather that was ordered, at a provider that keeps to its limit; nothing when none was.
pub async fn order(args: &CrowdArgs, provider: &Client) -> Result<()> {
    let Some(faults) = &args.psp_faults else {
        return Ok(());
    };
    let rate = json!({"calls_per_s": args.psp_calls_per_s});
    tell(args, provider, "/control/rate", &rate).await?;
    tell(args, provider, "/control/faults", &read(faults)?).await
}

/// Calm again, for whoever uses the simulator next.
pub async fn calm(args: &CrowdArgs, provider: &Client) -> Result<()> {
    if args.psp_faults.is_none() {
        return Ok(());
    }
    let rate = json!({"calls_per_s": null});
    tell(args, provider, "/control/rate", &rate).await?;
    tell(args, provider, "/control/faults", &json!("none")).await
}

/// A preset goes by its name; an object as it is.
fn read(faults: &str) -> Result<Value> {
    match faults.trim_start().starts_with('{') {
        true => serde_json::from_str(faults).context("--psp-faults is no JSON object"),
        false => Ok(json!(faults)),
    }
}

async fn tell(args: &CrowdArgs, provider: &Client, path: &str, body: &Value) -> Result<()> {
    let ask = Ask {
        step: Step::Bank,
        lane: Lane::Light,
        method: Method::POST,
        path: path.to_owned(),
        bearer: Some(&args.psp_secret_key),
        headers: Vec::new(),
        body: Body::json(body),
    };
    let told = provider.tell(&ask).await;
    told.with_context(|| format!("the payment simulator does not take {body} at {path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_names_and_objects_are_objects() {
        assert_eq!(read("storm").unwrap(), json!("storm"));
        let one = read(r#" {"lost_reply": 0.1}"#).unwrap();
        assert_eq!(one, json!({"lost_reply": 0.1}));
        assert!(read("{lost_reply}").is_err());
    }
}
